#include "cli/storage/storage.hpp"

#include <filesystem>

#include "cli/storage/backup.hpp"
#include "cli/storage/beside.hpp"
#include "cli/storage/contents.hpp"
#include "cli/storage/fill.hpp"
#include "cli/storage/store.hpp"
#include "journal/migrate.hpp"
#include "journal/remember.hpp"
#include "services/schema/workspace/shelf.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

// Of a folder that was named: that it is a backup.
Status check_backup(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(path_in(folder, schema_name), ignored)) return {};
  const bool data = std::filesystem::exists(*sqlite_path(embedded_journal(folder)), ignored);
  return fail(Code::failed_precondition,
              folder + (data ? ": it is a data folder: name it with --data"
                             : ": it is a folder, and holds no backup: name a store's file"));
}

Status add_file(Facts& facts, const std::string& path) {
  const JournalResult<SqliteInfo> info = inspect_sqlite(path);
  if (!info) return fail(to_error(info.error()));
  facts.emplace_back("driver", "sqlite");
  facts.emplace_back("format", static_cast<std::uint64_t>(info->format));
  facts.emplace_back("newest_format", static_cast<std::uint64_t>(sqlite_format_newest));
  facts.emplace_back("file_bytes", info->file_bytes);
  facts.emplace_back("log_bytes", info->log_bytes);
  facts.emplace_back("packed_entries", info->packed_entries);
  facts.emplace_back("packed_bytes", info->packed_bytes);
  facts.emplace_back("held_by", info->holder.value_or(""));
  std::error_code ignored;
  const bool kept = std::filesystem::exists(before_migration(path), ignored);
  facts.emplace_back("kept_from_migration", kept ? before_migration(path) : std::string());
  return {};
}

Status add_snapshots(Facts& facts, Journal& journal, Revision last) {
  std::uint64_t count = 0;
  Revision newest = 0;
  for (Revision at_most = last; at_most > 0; ++count) {
    const auto reader = journal.load_snapshot(at_most);
    if (!reader) return fail(to_error(reader.error()));
    if (!*reader) break;
    newest = std::max(newest, (*reader)->revision());
    at_most = (*reader)->revision() - 1;
  }
  facts.emplace_back("snapshots", count);
  facts.emplace_back("newest_snapshot", newest);
  return {};
}

}  // namespace

void add_head(Facts& facts, const Head& head) {
  facts.emplace_back("incarnation", head.incarnation);
  facts.emplace_back("first_revision", head.first);
  facts.emplace_back("last_revision", head.last);
  facts.emplace_back("digest", hex(head.digest));
}

Result<Facts> storage_info(const StorageOptions& options) {
  const bool folder = is_folder(options.file);
  if (folder)
    if (Status backup = check_backup(options.file); !backup) return fail(backup.error());
  const std::string address =
      folder ? path_in(options.file, schema_name) : store_address(options, true);
  Facts facts{{"journal", address}};
  if (const auto path = sqlite_path(address))
    if (Status added = add_file(facts, *path); !added) return fail(added.error());
  const auto look = look_at(address);
  if (!look) return fail(look.error());
  add_head(facts, look->head);
  if (Status added = add_snapshots(facts, *look->journal, look->head.last); !added)
    return fail(added.error());
  facts.emplace_back("half_filled", look->half);
  if (look->half) {
    facts.emplace_back("next", "run the restore or the migration again, or remove what is there");
    return facts;
  }
  const auto beside = journals_beside(address);
  if (!beside) return fail(beside.error());
  facts.emplace_back("workspace_journals", static_cast<std::uint64_t>(beside->size()));
  return facts;
}

Result<Facts> storage_verify(const StorageOptions& options, const OnProgress& progress) {
  if (is_folder(options.file)) return verify_folder(options.file, progress);
  const std::string address = store_address(options, true);
  auto journal = open_at(address, Access::read);
  if (!journal) return fail(std::move(journal.error()));
  const auto whole = verify(**journal, verifying(progress));
  if (!whole) return failed("verifying " + address, whole.error());
  Facts facts{{"journal", address}, {"whole", true}};
  add_head(facts, whole->head);
  facts.emplace_back("entries", whole->entries);
  facts.emplace_back("entry_bytes", whole->entry_bytes);
  facts.emplace_back("snapshots", whole->snapshots);
  facts.emplace_back("snapshot_bytes", whole->snapshot_bytes);
  const auto beside = verify_beside(address, progress);
  if (!beside) return fail(beside.error());
  facts.insert(facts.end(), beside->begin(), beside->end());
  return facts;
}

Result<Facts> storage_compact(const StorageOptions& options) {
  const std::string address = store_address(options, true);
  auto journal = open_at(address, Access::write);
  if (!journal) return fail(std::move(journal.error()));
  const auto before = (*journal)->head();
  if (!before) return failed("reading the head", before.error());
  const auto keep = static_cast<Revision>(options.keep);
  const Revision up_to = before->last > keep ? before->last - keep : 0;
  Facts facts{{"journal", address}, {"dry_run", options.dry_run}};
  auto after = before;
  const auto snapshot = (*journal)->load_snapshot(up_to);
  if (!snapshot) return failed("looking for a snapshot", snapshot.error());
  if (*snapshot && !options.dry_run) {
    if (auto done = (*journal)->compact(up_to); !done) return failed("compacting", done.error());
    after = (*journal)->head();
    if (!after) return failed("reading the head", after.error());
  }
  const Revision first = *snapshot ? (*snapshot)->revision() + 1 : before->first;
  facts.emplace_back("dropped", std::max(first, before->first) - before->first);
  add_head(facts, *after);
  journal->reset();
  if (const auto path = sqlite_path(address); path && !options.dry_run)
    if (auto done = shrink_sqlite(*path); !done) return failed("giving back space", done.error());
  return facts;
}

Result<Facts> storage_accept_rewind(const StorageOptions& options) {
  const std::string address = store_address(options, true);
  const auto path = sqlite_path(address);
  const auto seen = path ? workspace::seen_file_of(*path) : std::nullopt;
  const std::string remembered = seen.value_or(position_file(options.data));
  if (Status unused = check_unused(address, false); !unused) return fail(unused.error());
  Facts facts{{"journal", address}};
  JournalResult<Head> head;
  bool renewed = true;
  if (!path) {
    // Several machines use one journal: it is renewed at the first, the others only forget.
    auto journal = open_at(address, Access::read);
    if (!journal) return fail(std::move(journal.error()));
    head = (*journal)->head();
    if (!head) return failed("reading the head", head.error());
    const auto known = remembered_position(remembered);
    renewed = !known || known->incarnation == head->incarnation;
  }
  if (renewed) head = accept_rewind(address, random_incarnation());
  if (!head) return failed("accepting", head.error());
  facts.emplace_back("renewed", renewed);
  add_head(facts, *head);
  if (auto done = forget_position(remembered); !done) return failed("accepting", done.error());
  return facts;
}

}  // namespace millrace::cli
