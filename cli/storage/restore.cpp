#include <filesystem>

#include "cli/storage/backup.hpp"
#include "cli/storage/beside.hpp"
#include "cli/storage/contents.hpp"
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

Result<Copied> fill(Journal& from, const std::string& address, const Incarnation& incarnation,
                    const OnProgress& progress) {
  auto to = open_at(address, Access::create, incarnation);
  if (!to) return fail(within("the target must not be in use", std::move(to.error())));
  const auto there = (*to)->head();
  if (!there) return failed("reading the target", there.error());
  if (there->last > 0)
    return fail(Code::failed_precondition,
                address + ": it is not empty, it holds commits up to revision " +
                    std::to_string(there->last) + ": restore into a new one");
  auto filled = copy(from, **to, copying(progress));
  if (!filled) return failed("restoring", filled.error());
  if (auto good = check_copy(**to, filled->head); !good) return failed("restoring", good.error());
  return *filled;
}

// One journal, with a new incarnation.
Result<Copied> restore_one(const std::string& backup, const std::string& address,
                           const OnProgress& progress) {
  auto from = open_at(backup, Access::read);
  if (!from) return fail(std::move(from.error()));
  const Incarnation incarnation = random_incarnation();
  const auto path = sqlite_path(address);
  std::error_code ignored;
  if (!path || fs::exists(*path, ignored)) return fill(**from, address, incarnation, progress);
  fs::create_directories(fs::absolute(*path).parent_path(), ignored);
  return build_file(**from, *path, incarnation, progress);
}

// Where the schema's journal would be filled, before anything is written beside it.
Status check_empty(const std::string& address) {
  const auto path = sqlite_path(address);
  std::error_code error;
  if (!path || fs::exists(*path, error)) {
    const auto there = open_at(address, Access::read);
    if (!there && path) return fail(there.error());
    // Nothing there, or it cannot be reached: filling it tells, and fills nothing that holds any.
    if (!there) return {};
    const auto head = (*there)->head();
    if (!head) return failed("reading the target", head.error());
    if (head->last > 0)
      return fail(Code::failed_precondition,
                  address + ": it is not empty, it holds commits up to revision " +
                      std::to_string(head->last) + ": restore into a new one");
  }
  const auto beside = journals_beside(address);
  if (!beside) return fail(beside.error());
  if (beside->empty()) return {};
  return fail(Code::failed_precondition,
              address +
                  ": it is not empty, workspaces stand beside it (those of a restore that "
                  "was interrupted, maybe): restore into a new one");
}

// The journals of workspaces, the catalogue last: without it nobody looks for the others.
Status restore_beside(const std::string& folder, const std::vector<Content>& contents,
                      const std::string& address, const OnProgress& progress) {
  std::size_t number = 0;
  for (auto each = contents.rbegin(); each != contents.rend(); ++each) {
    if (each->name == schema_name) continue;
    const auto restored =
        restore_one(path_in(folder, each->name), workspace::sibling_journal(address, each->name),
                    of_several(progress, ++number, contents.size()));
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

Result<Facts> restore_folder(const StorageOptions& options, const std::string& address,
                             const OnProgress& progress) {
  const auto contents = read_contents(options.file);
  if (!contents) return fail(contents.error());
  // Before anything of the target is touched.
  if (const auto whole = verify_folder(options.file, progress); !whole) return fail(whole.error());
  if (Status empty = check_empty(address); !empty) return fail(empty.error());
  if (Status made = make_room_beside(address); !made) return fail(made.error());
  if (Status done = restore_beside(options.file, *contents, address, progress); !done)
    return fail(done.error());
  const auto copied = restore_one(path_in(options.file, schema_name), address,
                                  of_several(progress, contents->size(), contents->size()));
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
  {
    auto from = open_at(options.file, Access::read);
    if (!from) return fail(std::move(from.error()));
    // Before anything of the target is touched.
    const auto whole = verify(**from, verifying(progress));
    if (!whole) return failed("the backup " + options.file, whole.error());
  }
  const auto copied = restore_one(options.file, address, progress);
  if (!copied) return fail(copied.error());
  if (Status forgotten = forget(options); !forgotten) return fail(forgotten.error());
  return told(address, options.file, *copied);
}

}  // namespace millrace::cli
