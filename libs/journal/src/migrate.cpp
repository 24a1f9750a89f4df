#include "journal/migrate.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "journal/verify.hpp"
#include "rules.hpp"
#include "sqlite_format.hpp"
#include "sqlite_lock.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

namespace fs = std::filesystem;

std::string beside_of(const std::string& path) { return path + ".migrating"; }

tl::unexpected<JournalError> cannot(const std::string& path, const std::string& what, int reason) {
  return refuse(JournalFault::unavailable, path + ": " + what + ": " + std::strerror(reason));
}

void remove_store(const std::string& path) {
  std::error_code failed;
  for (const char* suffix : {"", "-wal", "-shm", "-journal", "-lock"})
    fs::remove(path + suffix, failed);
}

// What readers leave beside a store that nobody writes to.
JournalResult<void> put_log_away(const std::string& path) {
  std::error_code failed;
  const auto log = fs::file_size(path + "-wal", failed);
  if (!failed && log > 0)
    return refuse(JournalFault::unavailable,
                  path + ": another process still has it open: stop that one first");
  fs::remove(path + "-wal", failed);
  fs::remove(path + "-shm", failed);
  return {};
}

JournalResult<void> sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path).string();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return cannot(folder, "cannot be opened", errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) return cannot(folder, "cannot be made durable", failed);
  return {};
}

JournalResult<std::unique_ptr<Journal>> opened(const std::string& path, const SqliteTuning& tuning,
                                               const JournalOptions& options) {
  auto journal = make_sqlite_journal(path, tuning);
  const JournalResult<Head> head = journal->open(options);
  if (!head) return tl::unexpected(head.error());
  return journal;
}

// A new store of the wanted format, or one that an interrupted migration left, if it can go on.
JournalResult<std::unique_ptr<Journal>> open_beside(const Migration& migration,
                                                    const Incarnation& incarnation) {
  const std::string beside = beside_of(migration.path);
  SqliteTuning tuning;
  tuning.format_if_new = migration.format;
  const JournalResult<SqliteInfo> left = inspect_sqlite(beside);
  if (!left || left->format != migration.format) remove_store(beside);
  auto journal = opened(beside, tuning, {incarnation});
  if (journal && (*journal)->head() && (*journal)->head()->incarnation == incarnation)
    return journal;
  if (journal) (*journal)->close();
  remove_store(beside);
  return opened(beside, tuning, {incarnation});
}

JournalResult<Copied> fill(const Migration& migration, Journal& from) {
  const auto step = [&](MigrationStep done) {
    if (migration.on_step) migration.on_step(done);
  };
  const JournalResult<Head> head = from.head();
  if (!head) return tl::unexpected(head.error());
  auto made = open_beside(migration, head->incarnation);
  if (!made) return tl::unexpected(made.error());
  auto copied = copy(from, **made, migration.progress);
  if (!copied && copied.error().fault == JournalFault::invalid) {
    // What an interrupted migration left belongs to an older source.
    (*made)->close();
    remove_store(beside_of(migration.path));
    made = open_beside(migration, head->incarnation);
    if (!made) return tl::unexpected(made.error());
    copied = copy(from, **made, migration.progress);
  }
  if (!copied) return copied;
  step(MigrationStep::copied);
  if (auto good = check_copy(**made, copied->head); !good) return tl::unexpected(good.error());
  if (auto good = check_copy(from, copied->head); !good) return tl::unexpected(good.error());
  if (migration.same_state)
    if (auto good = migration.same_state(from, **made); !good) return tl::unexpected(good.error());
  step(MigrationStep::verified);
  return copied;
}

// The old store gets a second name, and then the new one takes the first: by one rename.
JournalResult<void> switch_over(const Migration& migration) {
  const std::string& path = migration.path;
  const std::string beside = beside_of(path);
  const std::string kept = before_migration(path);
  for (const std::string& file : {path, beside})
    if (auto done = put_log_away(file); !done) return done;
  if (::link(path.c_str(), kept.c_str()) != 0)
    return cannot(kept, "the old store cannot be kept there", errno);
  if (migration.on_step) migration.on_step(MigrationStep::kept);
  if (auto done = sync_folder_of(path); !done) return done;
  if (::rename(beside.c_str(), path.c_str()) != 0) return cannot(path, "cannot be switched", errno);
  if (auto done = sync_folder_of(path); !done) return done;
  std::error_code failed;
  fs::remove(beside + "-lock", failed);
  if (migration.on_step) migration.on_step(MigrationStep::switched);
  return {};
}

// An old store that is kept under both names was never switched away from.
JournalResult<void> check_kept(const std::string& path) {
  const std::string kept = before_migration(path);
  std::error_code failed;
  if (!fs::exists(kept, failed)) return {};
  if (fs::equivalent(kept, path, failed)) {
    fs::remove(kept, failed);
    return {};
  }
  return refuse(JournalFault::unavailable,
                kept +
                    ": the store from before an earlier migration is still kept: remove it "
                    "with `millrace storage migrate --discard-old`, or go back to it with "
                    "`--undo`");
}

JournalResult<Head> head_of(const std::string& path) {
  const auto journal = make_sqlite_journal(path);
  JournalOptions options;
  options.read_only = true;
  return journal->open(options);
}

}  // namespace

std::string before_migration(const std::string& path) { return path + ".before-migration"; }

JournalResult<Migrated> migrate_sqlite(const Migration& migration) {
  const JournalResult<SqliteInfo> info = inspect_sqlite(migration.path);
  if (!info) return tl::unexpected(info.error());
  Migrated done{info->format, migration.format, {}, {}};
  if (done.from == done.to) return done;
  const std::string path = fs::absolute(migration.path).string();
  const auto lock = StoreLock::take(path, true);
  if (!lock) return tl::unexpected(lock.error());
  if (auto good = check_kept(path); !good) return tl::unexpected(good.error());
  if (migration.on_step) migration.on_step(MigrationStep::locked);
  {
    // To write, so that a log which a crash left is put away.
    const auto from = opened(path, {}, {{}, false});
    if (!from) return tl::unexpected(from.error());
    auto copied = fill(migration, **from);
    if (!copied) return tl::unexpected(copied.error());
    done.copied = *copied;
  }
  Migration absolute = migration;
  absolute.path = path;
  if (auto good = switch_over(absolute); !good) return tl::unexpected(good.error());
  done.kept = before_migration(path);
  return done;
}

JournalResult<void> undo_migration(const std::string& given) {
  const std::string path = fs::absolute(given).string();
  const std::string kept = before_migration(path);
  const auto lock = StoreLock::take(path, true);
  if (!lock) return tl::unexpected(lock.error());
  std::error_code unknown;
  if (!fs::exists(kept, unknown))
    return refuse(JournalFault::unavailable,
                  kept +
                      ": there is no old store to go back to: it was discarded, or nothing was "
                      "migrated");
  const JournalResult<Head> old = head_of(kept);
  if (!old) return tl::unexpected(old.error());
  {
    // To write, so that its log is put away.
    const auto now = opened(path, {}, {{}, false});
    if (!now) return tl::unexpected(now.error());
    const JournalResult<Head> head = (*now)->head();
    if (!head) return tl::unexpected(head.error());
    if (*head != *old)
      return refuse(JournalFault::invalid,
                    path + ": it was written to since the migration (revision " +
                        std::to_string(head->last) + ", then " + std::to_string(old->last) +
                        "): migrate back instead, with --format");
  }
  for (const std::string& file : {path, kept})
    if (auto done = put_log_away(file); !done) return done;
  if (::rename(kept.c_str(), path.c_str()) != 0) return cannot(path, "cannot be switched", errno);
  std::error_code failed;
  fs::remove(kept + "-lock", failed);
  return sync_folder_of(path);
}

JournalResult<void> discard_old(const std::string& given) {
  const std::string path = fs::absolute(given).string();
  const std::string kept = before_migration(path);
  std::error_code failed;
  if (!fs::exists(kept, failed))
    return refuse(JournalFault::unavailable, kept + ": there is no old store to discard");
  const auto journal = make_sqlite_journal(path);
  JournalOptions options;
  options.read_only = true;
  if (auto head = journal->open(options); !head) return tl::unexpected(head.error());
  if (auto whole = verify(*journal); !whole) return tl::unexpected(whole.error());
  remove_store(kept);
  return {};
}

}  // namespace millrace::journal
