#include <filesystem>

#include "cli/storage/backup.hpp"
#include "cli/storage/beside.hpp"
#include "cli/storage/contents.hpp"
#include "cli/storage/fill.hpp"
#include "cli/storage/store.hpp"
#include "journal/remember.hpp"
#include "services/schema/workspace/shelf.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

namespace fs = std::filesystem;

// What a service with this data folder knows of its journal no longer holds.
Status forget(const StorageOptions& options) {
  if (!options.journal.empty()) return {};
  if (auto done = forget_position(position_file(options.data)); !done)
    return fail(to_error(done.error()));
  return {};
}

tl::unexpected<Error> not_empty(const std::string& address, const std::string& what) {
  return fail(Code::failed_precondition,
              address + ": it is not empty, " + what + ": restore into a new one");
}

// A restore gives a new incarnation; one that was interrupted had made its own, which nobody saw.
Result<Copied> restore_one(Journal& from, const std::string& address, const OnProgress& progress) {
  const Incarnation incarnation = random_incarnation();
  const auto path = sqlite_path(address);
  std::error_code ignored;
  if (path && !fs::exists(*path, ignored)) {
    fs::create_directories(fs::absolute(*path).parent_path(), ignored);
    return build_file(from, *path, incarnation, progress);
  }
  const auto to = open_to_fill(address, incarnation);
  if (!to) return fail(to.error());
  return fill(from, **to, progress);
}

// Before anything is written: that the target holds nothing, unless it is this backup's.
Status check_target(const std::string& address, const StorageOptions& options) {
  const auto path = sqlite_path(address);
  const auto info = path ? inspect_sqlite(*path) : JournalResult<SqliteInfo>(SqliteInfo{});
  if (info && info->holder)
    return fail(Code::unavailable, "the target must not be in use: " + *path + ": " +
                                       *info->holder + " has it open: stop that one first");
  const auto there = whole_at(address);
  if (!there) return fail(there.error());
  if (*there)
    return not_empty(address, "it holds commits up to revision " + std::to_string((*there)->last));
  return check_unused(address, options.force);
}

// An interrupted restore left no journal of the schema, or one that has its mark.
Result<bool> was_interrupted(const std::string& address) {
  const auto path = sqlite_path(address);
  std::error_code ignored;
  if (path && !fs::exists(*path, ignored)) return true;
  const auto look = look_at(address);
  if (!look && look.error().code == Code::unavailable) return true;
  if (!look) return fail(look.error());
  return look->half;
}

// Whether a restore that was interrupted has brought this one back already: it is the same then,
// with an incarnation of its own.
Result<bool> is_restored(Journal& from, const std::string& target, bool interrupted) {
  const auto there = whole_at(target);
  if (!there) return fail(there.error());
  if (!*there) return false;
  auto head = from.head();
  if (!head) return failed("reading the backup", head.error());
  const bool restored = (*there)->incarnation != head->incarnation;
  head->incarnation = (*there)->incarnation;
  if (interrupted && restored && **there == *head) return true;
  return not_empty(target, "workspaces stand beside it");
}

// The journals of workspaces, the catalogue last: without it nobody looks for the others. Without
// `write` it is only seen whether that can be done.
Status restore_beside(const std::string& folder, const std::vector<Content>& contents,
                      const std::string& address, const OnProgress& progress, bool interrupted,
                      bool write) {
  std::size_t number = 0;
  for (auto each = contents.rbegin(); each != contents.rend(); ++each) {
    if (each->name == schema_name) continue;
    const std::string target = workspace::sibling_journal(address, each->name);
    ++number;
    const auto from = open_at(path_in(folder, each->name), Access::read);
    if (!from) return fail(from.error());
    const auto there = is_restored(**from, target, interrupted);
    if (!there) return fail(there.error());
    if (*there || !write) continue;
    const auto restored =
        restore_one(**from, target, of_several(progress, number, contents.size()));
    if (!restored) return fail(restored.error());
    if (const auto seen = workspace::seen_file(address, each->name))
      if (auto done = forget_position(*seen); !done) return fail(to_error(done.error()));
  }
  return {};
}

Result<Facts> told(const std::string& address, const std::string& backup, const Copied& copied) {
  auto now = open_at(address, Access::read);
  if (!now) return fail(std::move(now.error()));
  const auto head = (*now)->head();
  if (!head) return failed("reading the head", head.error());
  Facts facts{{"journal", address}, {"backup", backup}};
  add_head(facts, *head);
  facts.emplace_back("entries", copied.entries);
  facts.emplace_back("snapshots", copied.snapshots);
  return facts;
}

// The schema's journal has its mark before, and until after, the workspaces are there.
Result<Facts> restore_folder(const StorageOptions& options, const std::string& address,
                             const OnProgress& progress) {
  const auto contents = read_contents(options.file);
  if (!contents) return fail(contents.error());
  // Before anything of the target is touched.
  if (const auto whole = verify_folder(options.file, progress); !whole) return fail(whole.error());
  if (Status empty = check_target(address, options); !empty) return fail(empty.error());
  const auto again = was_interrupted(address);
  if (!again) return fail(again.error());
  if (Status empty = restore_beside(options.file, *contents, address, {}, *again, false); !empty)
    return fail(empty.error());
  const auto from = open_at(path_in(options.file, schema_name), Access::read);
  if (!from) return fail(from.error());
  std::unique_ptr<Journal> marked;
  const auto path = sqlite_path(address);
  std::error_code ignored;
  if (!path || fs::exists(*path, ignored)) {
    auto to = open_to_fill(address, random_incarnation());
    if (!to) return fail(to.error());
    marked = std::move(*to);
  }
  if (Status made = make_room_beside(address); !made) return fail(made.error());
  if (Status done = restore_beside(options.file, *contents, address, progress, *again, true); !done)
    return fail(done.error());
  const auto some = of_several(progress, contents->size(), contents->size());
  const auto copied = marked ? fill(**from, *marked, some) : restore_one(**from, address, some);
  if (!copied) return fail(copied.error());
  if (Status forgotten = forget(options); !forgotten) return fail(forgotten.error());
  auto facts = told(address, options.file, *copied);
  if (facts) facts->emplace_back("workspace_journals", std::uint64_t{contents->size() - 1});
  return facts;
}

}  // namespace

Result<Facts> storage_restore(const StorageOptions& options, const OnProgress& progress) {
  const std::string address = store_address(options, false);
  if (is_folder(options.file)) return restore_folder(options, address, progress);
  const auto from = open_at(options.file, Access::read);
  if (!from) return fail(from.error());
  // Before anything of the target is touched.
  const auto whole = verify(**from, verifying(progress));
  if (!whole) return failed("the backup " + options.file, whole.error());
  if (Status empty = check_target(address, options); !empty) return fail(empty.error());
  const auto copied = restore_one(**from, address, progress);
  if (!copied) return fail(copied.error());
  if (Status forgotten = forget(options); !forgotten) return fail(forgotten.error());
  return told(address, options.file, *copied);
}

}  // namespace millrace::cli
