#include "journal/migrate.hpp"

#include <filesystem>

#include "cli/storage/storage.hpp"
#include "cli/storage/store.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

void add_end(Facts& facts, const Copied& copied) {
  facts.emplace_back("entries", copied.entries);
  facts.emplace_back("snapshots", copied.snapshots);
  facts.emplace_back("last_revision", copied.head.last);
  facts.emplace_back("digest", hex(copied.head.digest));
}

// Until the source stands still; for a driver whose source nobody can lock.
Result<Copied> copy_until_still(Journal& from, Journal& to, const OnProgress& progress) {
  for (int tries = 10; tries > 0; --tries) {
    const auto copied = copy(from, to, copying(progress));
    if (!copied) return failed("copying", copied.error());
    const auto now = from.head();
    if (!now) return failed("reading the source", now.error());
    if (*now == copied->head) return *copied;
  }
  return fail(Code::aborted, "the source is still written to: stop its schema services first");
}

Result<Copied> move_to(Journal& from, const Head& head, const StorageOptions& options,
                       const OnProgress& progress) {
  if (const auto path = sqlite_path(options.to)) {
    auto copied = build_file(from, *path, head.incarnation, progress);
    if (!copied) return copied;
    auto made = open_at(*path, Access::read);
    if (!made) return fail(std::move(made.error()));
    if (auto same = same_state(from, **made); !same) return failed("comparing", same.error());
    return copied;
  }
  auto to = open_at(options.to, Access::create, head.incarnation);
  if (!to) return fail(std::move(to.error()));
  const auto there = (*to)->head();
  if (!there) return failed("reading the target", there.error());
  if (there->incarnation != head.incarnation)
    return fail(Code::failed_precondition,
                options.to + ": there is another journal already: name an empty workspace");
  auto copied = copy_until_still(from, **to, progress);
  if (!copied) return copied;
  if (auto good = check_copy(**to, copied->head); !good) return failed("verifying", good.error());
  if (auto same = same_state(from, **to); !same) return failed("comparing", same.error());
  return copied;
}

// Between drivers: the operator switches, by the setting schema.journal.
Result<Facts> migrate_between(const StorageOptions& options, const OnProgress& progress) {
  const std::string address = store_address(options, true);
  // Holds the lock of a store that has one, so that it stands still.
  auto from = open_at(address, options.dry_run ? Access::read : Access::write);
  if (!from) return fail(std::move(from.error()));
  const auto head = (*from)->head();
  if (!head) return failed("reading the source", head.error());
  Facts facts{{"journal", address}, {"to", options.to}, {"dry_run", options.dry_run}};
  if (options.dry_run) {
    const auto whole = verify(**from, verifying(progress));
    if (!whole) return failed("verifying the source", whole.error());
    add_end(facts, {whole->head, whole->entries, 0, whole->snapshots});
    return facts;
  }
  const auto copied = move_to(**from, *head, options, progress);
  if (!copied) return fail(copied.error());
  add_end(facts, *copied);
  facts.emplace_back("next", "set schema.journal to " + options.to);
  return facts;
}

Result<Facts> migrate_in_place(const StorageOptions& options, const std::string& path,
                               const OnProgress& progress) {
  const auto info = inspect_sqlite(path);
  if (!info) return failed("looking at the store", info.error());
  Facts facts{{"journal", path},
              {"from_format", static_cast<std::uint64_t>(info->format)},
              {"to_format", static_cast<std::uint64_t>(options.format)},
              {"dry_run", options.dry_run}};
  if (options.dry_run) {
    auto journal = open_at(path, Access::read);
    if (!journal) return fail(std::move(journal.error()));
    const auto whole = verify(**journal, verifying(progress));
    if (!whole) return failed("verifying the source", whole.error());
    add_end(facts, {whole->head, whole->entries, 0, whole->snapshots});
    return facts;
  }
  Migration migration;
  migration.path = path;
  migration.format = static_cast<int>(options.format);
  migration.progress = copying(progress);
  migration.same_state = same_state;
  const bool older = options.discard_old && std::filesystem::exists(before_migration(path));
  if (older)
    if (auto done = discard_old(path); !done) return failed("discarding", done.error());
  const auto migrated = migrate_sqlite(migration);
  if (!migrated) return failed("migrating " + path, migrated.error());
  if (migrated->from != migrated->to) add_end(facts, migrated->copied);
  const bool old = options.discard_old && migrated->from != migrated->to;
  if (old)
    if (auto done = discard_old(path); !done) return failed("discarding", done.error());
  if (older || old)
    facts.emplace_back("discarded", before_migration(path));
  else
    facts.emplace_back("kept", migrated->kept);
  return facts;
}

}  // namespace

Result<Facts> storage_migrate(const StorageOptions& options, const OnProgress& progress) {
  const std::string address = store_address(options, true);
  const auto path = sqlite_path(address);
  if (!options.to.empty()) return migrate_between(options, progress);
  if (!path)
    return fail(Code::invalid_argument,
                address + ": it has no generations to move between: name another store with --to");
  if (!options.undo) return migrate_in_place(options, *path, progress);
  if (auto done = undo_migration(*path); !done) return failed("undoing", done.error());
  Facts facts{{"journal", *path}, {"undone", true}};
  const auto info = inspect_sqlite(*path);
  if (!info) return failed("looking at the store", info.error());
  facts.emplace_back("format", static_cast<std::uint64_t>(info->format));
  return facts;
}

}  // namespace millrace::cli
