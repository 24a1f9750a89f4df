// What a restore leaves half in a file that was there already, and what `storage info` says of
// files that are no stores.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/storage/storage.hpp"
#include "journal/open.hpp"
#include "journal/sqlite.hpp"
#include "services/schema/workspace/journals.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::cli;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

namespace fs = std::filesystem;

constexpr Revision commits = 300;

template <class T>
T fact(const Facts& facts, const std::string& name) {
  for (const auto& [key, value] : facts)
    if (key == name) return std::get<T>(value);
  FAIL("there is no fact named " << name);
  return {};
}

Facts must(const Result<Facts>& answer) {
  INFO((answer ? std::string() : answer.error().message));
  REQUIRE(answer);
  return *answer;
}

std::string error_of(const Result<Facts>& answer) {
  return answer ? std::string() : answer.error().message;
}

bool holds(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

std::unique_ptr<Journal> made(const std::string& path, int format = 2) {
  fs::create_directories(fs::path(path).parent_path());
  journal::SqliteTuning tuning;
  tuning.format_if_new = format;
  auto journal = journal::make_sqlite_journal(path, tuning);
  REQUIRE(journal->open({incarnation_a}));
  return journal;
}

std::string store_of(const StorageOptions& options) { return options.data + "/schema/journal.db"; }

// A backup of 300 commits with snapshots at 100 and 250, of which the first 100 are compacted.
std::string backup_in(const TempDir& folder) {
  const auto journal = made(folder / "source/schema/journal.db");
  for (Revision last = 0; last < commits; last += 60)
    REQUIRE(journal->append(last, entries_after(*journal->head(), 60), {}));
  for (const Revision at : {100, 250}) {
    const Digest digest = journal->read(at - 1, 1, 1)->front().digest;
    REQUIRE(journal->save_snapshot(source_of(at, digest, {Bytes(5000, 's')})));
  }
  REQUIRE(journal->compact(100));
  StorageOptions options;
  options.data = folder / "source";
  options.file = folder / "monday.db";
  must(storage_backup(options, {}));
  return options.file;
}

StorageOptions empty_store(const std::string& data, const std::string& backup, int format = 2) {
  StorageOptions options;
  options.data = data;
  options.file = backup;
  made(store_of(options), format);
  return options;
}

StorageOptions without_file(StorageOptions options) {
  options.file.clear();
  return options;
}

// Restores in a process that kills itself when it tells of its progress for the `turn`th time.
// False: it was done before.
bool killed(const StorageOptions& options, int turn) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int told = 0;
    const auto restored = storage_restore(
        options, [&](const char* doing, std::uint64_t, std::uint64_t, std::uint64_t) {
          const bool copies = std::string(doing).find("copied") != std::string::npos;
          if (copies && ++told == turn) kill(getpid(), SIGKILL);
        });
    _exit(restored ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return true;
  CHECK(WEXITSTATUS(status) == 0);
  return false;
}

// As programs see it that look no further than at the file's header.
std::uint32_t user_version(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(60);
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<std::uint32_t>(file.get());
  return number;
}

std::string info_of(const std::string& path) {
  StorageOptions options;
  options.file = path;
  return error_of(storage_info(options));
}

}  // namespace

TEST_CASE("G9: a restore into an empty file that is killed leaves a store that nobody serves") {
  const TempDir folder;
  const std::string backup = backup_in(folder);
  for (const int format : {1, 2}) {
    int halves = 0;
    for (int turn = 1;; ++turn) {
      INFO("format " << format << ", turn " << turn);
      const auto options = empty_store(
          folder / ("data" + std::to_string(format) + std::to_string(turn)), backup, format);
      if (!killed(options, turn)) break;
      ++halves;
      CHECK(user_version(store_of(options)) == 1'000'000U + static_cast<unsigned>(format));
      CHECK(holds(error_of(storage_verify(without_file(options), {})), "was interrupted"));
      CHECK(fact<bool>(must(storage_info(without_file(options))), "half_filled"));
      const auto service = journal::make_sqlite_journal(store_of(options));
      const auto opened = service->open({incarnation_b});
      REQUIRE_FALSE(opened);
      CHECK(opened.error().fault == JournalFault::half_filled);
      must(storage_restore(options, {}));
      const Facts whole = must(storage_verify(without_file(options), {}));
      CHECK(fact<std::uint64_t>(whole, "entries") == commits - 100);
      CHECK(fact<std::uint64_t>(whole, "snapshots") == 2);
      CHECK(fact<std::uint64_t>(must(storage_info(without_file(options))), "format") ==
            static_cast<std::uint64_t>(format));
      CHECK(user_version(store_of(options)) == static_cast<unsigned>(format));
    }
    CHECK(halves >= 3);
  }
}

TEST_CASE("a restore into an empty store gives it a new incarnation") {
  const TempDir folder;
  const std::string backup = backup_in(folder);
  const auto options = empty_store(folder / "data", backup);
  const Facts restored = must(storage_restore(options, {}));
  CHECK(fact<std::string>(restored, "incarnation") != incarnation_a);
  CHECK(fact<std::uint64_t>(restored, "last_revision") == commits);
}

TEST_CASE("what one restore left half is not filled by a restore of another backup") {
  const TempDir folder;
  const std::string backup = backup_in(folder);
  const auto options = empty_store(folder / "data", backup);
  REQUIRE(killed(options, 2));
  made(folder / "other.db");
  const auto other = journal::make_sqlite_journal(folder / "other.db");
  REQUIRE(other->open({incarnation_b}));
  REQUIRE(other->append(0, entries_after(*other->head(), 40, "another"), {}));
  other->close();
  StorageOptions wrong = options;
  wrong.file = folder / "other.db";
  CHECK(holds(error_of(storage_restore(wrong, {})), "run that one again, or remove what is there"));
  must(storage_restore(options, {}));
}

TEST_CASE("a restore of workspaces that is killed anywhere is gone on with") {
  const TempDir folder;
  StorageOptions source;
  source.data = folder / "source";
  REQUIRE(made(store_of(source))->append(0, entries_after(0, {}, 3), {}));
  {
    ManualClock clock;
    const auto shelf = workspace::make_shelf(journal::embedded_journal(source.data));
    workspace::Keeper keeper{*shelf, clock, {}, nullptr};
    for (const char* name : {"prod", "test"})
      REQUIRE(keeper.write(name, {}, "state of " + std::string(name), "ada").result);
  }
  source.file = folder / "monday";
  must(storage_backup(source, {}));
  for (const bool empty : {false, true}) {
    int kills = 0;
    for (int turn = 1;; ++turn) {
      INFO((empty ? "an empty store" : "no store") << ", turn " << turn);
      StorageOptions options;
      options.data = folder / ((empty ? "empty" : "none") + std::to_string(turn));
      options.file = source.file;
      if (empty) made(store_of(options));
      if (!killed(options, turn)) break;
      ++kills;
      const auto service = journal::make_sqlite_journal(store_of(options));
      CHECK_FALSE(service->open({incarnation_b, empty}));
      must(storage_restore(options, {}));
      const Facts whole = must(storage_verify(without_file(options), {}));
      CHECK(fact<std::uint64_t>(whole, "workspace_journals") == 3);
      CHECK(fact<std::uint64_t>(whole, "entries") == 3);
    }
    CHECK(kills == 4);
  }
}

TEST_CASE("storage info says of whatever is no store what it is") {
  const TempDir folder;
  const std::string store = folder / "store.db";
  REQUIRE(made(store)->append(0, entries_after(0, {}, 3), {}));
  std::ofstream(folder / "text") << "hello";
  CHECK(holds(info_of(folder / "text"), "no journal of Millrace's"));
  std::ofstream(folder / "empty").flush();
  CHECK(holds(info_of(folder / "empty"), "an empty file"));
  CHECK(holds(info_of(folder / "none"), "there is no journal"));
  CHECK(holds(info_of(folder / "none/none"), "its folder does not exist"));
  fs::create_directory(folder / "folder");
  CHECK(holds(info_of(folder / "folder"), "a folder, and holds no backup"));
  fs::create_directories(folder / "data/schema");
  fs::copy_file(store, folder / "data/schema/journal.db");
  CHECK(holds(info_of(folder / "data"), "name it with --data"));
  fs::create_symlink(store, folder / "link");
  CHECK(holds(info_of(folder / "link"), "a symbolic link: name the file itself, " + store));
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  CHECK(holds(info_of(folder / "dangling"), "a symbolic link"));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(holds(info_of(folder / "pipe"), "a device, a pipe or a socket"));
  CHECK(holds(info_of("/dev/null"), "a device, a pipe or a socket"));
  fs::copy_file(store, folder / "torn");
  fs::resize_file(folder / "torn", 50);
  CHECK(holds(info_of(folder / "torn"), "it is cut off after 50 octets"));
  fs::copy_file(store, folder / "cut");
  fs::resize_file(folder / "cut", 5000);
  CHECK(holds(info_of(folder / "cut"), "it is cut off after 5000 octets"));
  for (const auto& [at, text] : {std::pair<int, std::string>{60, std::string("\0\0\0\7", 4)},
                                 std::pair<int, std::string>{68, "????"}}) {
    fs::copy_file(store, folder / "changed", fs::copy_options::overwrite_existing);
    std::fstream file(folder / "changed", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << text;
    file.close();
    CHECK(holds(info_of(folder / "changed"),
                at == 60 ? "its format is 7, this program knows up to 2" : "some other program"));
  }
}
