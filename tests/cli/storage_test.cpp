// `millrace storage` on stores of its own, without a service.
#include "cli/storage/storage.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/json.hpp"
#include "cli/storage/store.hpp"
#include "journal/sqlite.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::cli;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

namespace fs = std::filesystem;

// A data folder whose store holds 300 commits and a snapshot at 250.
StorageOptions filled(const TempDir& folder) {
  StorageOptions options;
  options.data = folder / "data";
  fs::create_directories(folder.path() / "data/schema");
  const auto journal = journal::make_sqlite_journal(folder / "data/schema/journal.db");
  REQUIRE(journal->open({incarnation_a}));
  for (Revision last = 0; last < 300; last += 60) {
    const Head head = journal->head().value();
    REQUIRE(journal->append(last, entries_after(head, 60), {}));
  }
  const Digest at = journal->read(249, 1, 1)->front().digest;
  REQUIRE(journal->save_snapshot(source_of(250, at, {Bytes(5000, 's')})));
  return options;
}

template <class T>
T fact(const Facts& facts, const std::string& name) {
  for (const auto& [key, value] : facts)
    if (key == name) return std::get<T>(value);
  FAIL("there is no fact named " << name);
  return {};
}

template <class T>
Facts must(const Result<T>& answer) {
  INFO((answer ? std::string() : answer.error().message));
  REQUIRE(answer);
  return *answer;
}

// While it lives no file may grow beyond so many octets, as on a disk that is full.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t octets) : before_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{octets, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    ::signal(SIGXFSZ, before_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit limit_ = {};
  void (*const before_)(int);
};

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(folder))
    names.push_back(each.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool fails_with(const Result<Facts>& answer, const std::string& words) {
  if (answer) return false;
  UNSCOPED_INFO(answer.error().message);
  return answer.error().message.find(words) != std::string::npos;
}

StorageOptions with_file(StorageOptions options, const std::string& file) {
  options.file = file;
  return options;
}

}  // namespace

TEST_CASE("storage info tells what a store is and who holds it") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const Facts facts = must(storage_info(options));
  CHECK(fact<std::uint64_t>(facts, "format") == 2);
  CHECK(fact<std::uint64_t>(facts, "last_revision") == 300);
  CHECK(fact<std::uint64_t>(facts, "newest_snapshot") == 250);
  CHECK(fact<std::string>(facts, "held_by").empty());
  const auto journal = journal::make_sqlite_journal(folder / "data/schema/journal.db");
  REQUIRE(journal->open({incarnation_a}));
  const std::string holder = fact<std::string>(must(storage_info(options)), "held_by");
  CHECK(holder.find("process " + std::to_string(getpid())) == 0);
  CHECK(to_json(facts).find("\"newest_snapshot\": 250") != std::string::npos);
}

TEST_CASE("a backup beside a writer verifies and is restored with a new incarnation") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const auto writer = journal::make_sqlite_journal(folder / "data/schema/journal.db");
  REQUIRE(writer->open({incarnation_a}));
  const std::string backup = folder / "backup.db";
  CHECK(fact<std::uint64_t>(must(storage_backup(with_file(options, backup), {})), "entries") ==
        300);
  CHECK_FALSE(fs::exists(backup + "-lock"));
  CHECK(fact<bool>(must(storage_verify(with_file(options, backup), {})), "whole"));
  CHECK(fails_with(storage_backup(with_file(options, backup), {}), "already"));

  StorageOptions other;
  other.data = folder / "other";
  const Facts facts = must(storage_restore(with_file(other, backup), {}));
  CHECK(fact<std::uint64_t>(facts, "last_revision") == 300);
  CHECK(fact<std::uint64_t>(facts, "snapshots") == 1);
  CHECK(fact<std::string>(facts, "incarnation") != incarnation_a);
  CHECK(fact<std::string>(facts, "digest") == hex(writer->head()->digest));
  CHECK(fails_with(storage_restore(with_file(other, backup), {}), "not empty"));
}

TEST_CASE("a truncated backup is refused before anything is touched") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string backup = folder / "backup.db";
  must(storage_backup(with_file(options, backup), {}));
  for (const std::uintmax_t size :
       {std::uintmax_t{60}, std::uintmax_t{8192}, fs::file_size(backup) - 4096}) {
    INFO("cut to " << size);
    fs::remove(folder / "cut.db");
    fs::copy_file(backup, folder / "cut.db");
    fs::resize_file(folder / "cut.db", size);
    CHECK_FALSE(storage_verify(with_file(options, folder / "cut.db"), {}));
    StorageOptions other;
    other.data = folder / "other";
    CHECK_FALSE(storage_restore(with_file(other, folder / "cut.db"), {}));
    CHECK_FALSE(fs::exists(folder / "other"));
  }
}

TEST_CASE("a restore into a store in use or into something else is refused") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string backup = folder / "backup.db";
  must(storage_backup(with_file(options, backup), {}));
  CHECK(fails_with(storage_restore(with_file(options, backup), {}), "not empty"));
  std::ofstream(folder / "text") << "no store at all, and rather long so that it has a header: "
                                 << std::string(200, '.');
  StorageOptions other = options;
  other.journal = folder / "text";
  CHECK(fails_with(storage_restore(with_file(other, backup), {}), "no journal of Millrace's"));
  CHECK(fails_with(storage_restore(with_file(options, folder / "text"), {}),
                   "no journal of Millrace's"));
  CHECK(fails_with(storage_info(with_file(options, folder / "missing.db")), "there is no journal"));
}

TEST_CASE("storage compact drops what a snapshot stands for and gives back the space") {
  const TempDir folder;
  StorageOptions options = filled(folder);
  options.keep = 20;
  options.dry_run = true;
  CHECK(fact<std::uint64_t>(must(storage_compact(options)), "dropped") == 250);
  CHECK(fact<std::uint64_t>(must(storage_info(options)), "first_revision") == 1);
  options.dry_run = false;
  const auto before = fact<std::uint64_t>(must(storage_info(options)), "file_bytes");
  CHECK(fact<std::uint64_t>(must(storage_compact(options)), "dropped") == 250);
  CHECK(fact<std::uint64_t>(must(storage_info(options)), "first_revision") == 251);
  CHECK(fact<std::uint64_t>(must(storage_info(options)), "file_bytes") < before);
  CHECK(fact<std::uint64_t>(must(storage_verify(options, {})), "entries") == 50);
  CHECK(fact<std::uint64_t>(must(storage_compact(options)), "dropped") == 0);
}

TEST_CASE("a backup that finds no room for its first octets leaves nothing behind") {
  const TempDir folder;
  filled(folder);
  fs::create_directories(folder.path() / "backups");
  const auto from = open_at(folder / "data/schema/journal.db", Access::read, {});
  REQUIRE(from);
  const std::string path = folder / "backups/monday.db";
  bool made = true;
  {
    const SmallFiles full(2'048);  // the lock file has room, the store has not
    made = build_file(**from, path, incarnation_a, {}).has_value();
  }
  CHECK_FALSE(made);
  CHECK(files_in(folder / "backups").empty());
  CHECK(build_file(**from, path, incarnation_a, {}));
  CHECK(files_in(folder / "backups") == std::vector<std::string>{"monday.db"});
}
