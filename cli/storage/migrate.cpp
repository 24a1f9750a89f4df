#include "journal/migrate.hpp"

#include <filesystem>

#include "cli/storage/backup.hpp"
#include "cli/storage/beside.hpp"
#include "cli/storage/fill.hpp"
#include "cli/storage/storage.hpp"
#include "cli/storage/store.hpp"
#include "services/schema/workspace/shelf.hpp"

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

tl::unexpected<Error> another_journal(const std::string& target) {
  return fail(Code::failed_precondition,
              target + ": there is another journal already: name an empty workspace");
}

// One that an earlier migration filled gets the mark again only where it can be gone on with.
Status check_filled(Journal& from, const Head& head, const std::string& target) {
  const auto there = whole_at(target);
  if (!there) return fail(there.error());
  if (!*there) return {};
  if ((*there)->incarnation != head.incarnation) return another_journal(target);
  const auto look = look_at(target);
  if (!look) return fail(look.error());
  const auto good = check_continues(from, *look->journal);
  if (!good && good.error().fault == JournalFault::invalid)
    return fail(Code::failed_precondition, target + ": " + good.error().message);
  if (!good) return failed("comparing", good.error());
  return {};
}

// The target with its mark; null: a file, which is made beside its name and then moved there.
Result<std::unique_ptr<Journal>> begin_filling(Journal& from, const Head& head,
                                               const std::string& target) {
  if (sqlite_path(target)) return std::unique_ptr<Journal>();
  if (Status good = check_filled(from, head, target); !good) return fail(good.error());
  auto to = open_to_fill(target, head.incarnation);
  if (!to) return to;
  const auto there = (*to)->head();
  if (!there) return failed("reading the target", there.error());
  if (there->incarnation != head.incarnation) return another_journal(target);
  return to;
}

// A copy with the same incarnation; what an interrupted one left is gone on with.
Result<Copied> move_one(Journal& from, const Head& head, const std::string& target,
                        const OnProgress& progress) {
  if (const auto path = sqlite_path(target))
    return build_file(from, *path, head.incarnation, progress);
  const auto to = begin_filling(from, head, target);
  if (!to) return fail(to.error());
  return fill(from, **to, progress);
}

// `to`: as begin_filling gave it.
Result<Copied> move_schema(Journal& from, const Head& head, const std::unique_ptr<Journal>& to,
                           const std::string& address, const StorageOptions& options,
                           const OnProgress& progress) {
  const auto well = [&](Journal& made) -> Status {
    if (auto same = same_state(from, made); !same) return failed("comparing", same.error());
    // Whoever began to write to the old one meanwhile would go on there.
    return check_unused(address, options.force);
  };
  if (to) return fill(from, *to, progress, [&](const Copied&) { return well(*to); });
  auto copied = move_one(from, head, options.to, progress);
  if (!copied) return copied;
  const auto made = open_at(options.to, Access::read);
  if (!made) return fail(made.error());
  if (Status good = well(**made); !good) return fail(good.error());
  return copied;
}

// True where an interrupted migration has copied this one into a file already.
Result<bool> is_moved(const Head& head, const std::string& target) {
  const auto path = sqlite_path(target);
  std::error_code error;
  if (!path || !std::filesystem::exists(*path, error)) return false;
  const auto there = open_at(target, Access::read);
  if (!there) return fail(there.error());
  const auto now = (*there)->head();
  if (!now) return failed("reading the target", now.error());
  if (*now == head) return true;
  return fail(Code::failed_precondition, target + ": there is another journal already");
}

// The journals of workspaces, the catalogue last. The number of them.
Result<std::uint64_t> move_beside(const std::string& address, const std::string& to,
                                  const OnProgress& progress) {
  const auto names = journals_beside(address);
  if (!names) return fail(names.error());
  if (names->empty()) return std::uint64_t{0};
  if (Status made = make_room_beside(to); !made) return fail(made.error());
  std::size_t number = 0;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const auto from = open_beside(address, *name);
    if (!from) return fail(from.error());
    if (!*from) return fail(Code::aborted, "the source is still written to: stop its service");
    const auto head = (*from)->head();
    if (!head) return failed("reading the source", head.error());
    const std::string target = workspace::sibling_journal(to, *name);
    const auto moved = is_moved(*head, target);
    if (!moved) return fail(moved.error());
    ++number;
    if (*moved) continue;
    const auto copied =
        move_one(**from, *head, target, of_several(progress, number, names->size()));
    if (!copied) return fail(copied.error());
  }
  return std::uint64_t{names->size()};
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
    const auto beside = verify_beside(address, progress);
    if (!beside) return fail(beside.error());
    facts.insert(facts.end(), beside->begin(), beside->end());
    return facts;
  }
  const auto path = sqlite_path(options.to);
  std::error_code error;
  if (path && std::filesystem::exists(*path, error))
    return fail(Code::already_exists, *path + ": it is there already: name a new file");
  if (Status unused = check_unused(address, options.force); !unused) return fail(unused.error());
  if (Status unused = check_unused(options.to, options.force); !unused) return fail(unused.error());
  // Before the workspaces, so that nobody serves them without it.
  const auto to = begin_filling(**from, *head, options.to);
  if (!to) return fail(to.error());
  const auto beside = move_beside(address, options.to, progress);
  if (!beside) return fail(beside.error());
  const auto copied = move_schema(**from, *head, *to, address, options, progress);
  if (!copied) return fail(copied.error());
  add_end(facts, *copied);
  facts.emplace_back("workspace_journals", *beside);
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
