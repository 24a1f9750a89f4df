// `millrace storage backup|verify|restore|info` where workspaces stand beside the schema's journal:
// what must be restored together is one folder, and what that folder lost is noticed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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
using namespace millrace::test;
using statekit::Result;

namespace {

namespace fs = std::filesystem;

// The states of a data folder, as a service keeps them.
struct States {
  explicit States(const std::string& data)
      : shelf(workspace::make_shelf(journal::embedded_journal(data))) {}

  void put(const std::string& name, const std::string& body) {
    REQUIRE(keeper.write(name, {}, body, "ada").result);
  }
  std::string get(const std::string& name) {
    const auto read = keeper.read(name, std::nullopt);
    INFO((read ? std::string() : read.error().message));
    REQUIRE(read);
    return read->body;
  }
  statekit::Head head_of_kept() {
    const auto held = journals.find("kept");
    REQUIRE(held);
    REQUIRE(*held);
    return (*held)->journal().head().value();
  }

  ManualClock clock;
  std::unique_ptr<workspace::Shelf> shelf;
  workspace::Keeper keeper{*shelf, clock, {}, nullptr};
  workspace::Journals journals{keeper, *shelf, {4, 1'000'000}};
};

const std::string large(2'000'000, 'l');

// A data folder with commits of the schema's, two states, one of them large and one that is
// locked, and a journal that is kept for others.
StorageOptions filled(const TempDir& folder, std::size_t commits = 3) {
  StorageOptions options;
  options.data = folder / "data";
  fs::create_directories(folder / "data/schema");
  const auto journal = journal::make_sqlite_journal(folder / "data/schema/journal.db");
  REQUIRE(journal->open({incarnation_a}));
  if (commits > 0) REQUIRE(journal->append(0, entries_after(*journal->head(), commits), {}));
  States states(options.data);
  states.put("prod", "one");
  states.put("big", large);
  workspace::LockInfo lock;
  lock.id = "l1";
  REQUIRE(states.keeper.act("prod", workspace::TakeLock{lock, {}}, "ada", true).result);
  const auto made = states.journals.make("kept", incarnation_b);
  REQUIRE(made);
  const statekit::Head head = made->held->journal().head().value();
  REQUIRE(made->held->journal().append(0, entries_after(head, 5), {}));
  return options;
}

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

bool fails_with(const Result<Facts>& answer, const std::string& words) {
  if (answer) return false;
  UNSCOPED_INFO(answer.error().message);
  return answer.error().message.find(words) != std::string::npos;
}

StorageOptions with_file(StorageOptions options, const std::string& file) {
  options.file = file;
  return options;
}

StorageOptions other_data(const TempDir& folder) {
  StorageOptions options;
  options.data = folder / "other";
  return options;
}

}  // namespace

TEST_CASE("a backup of a data folder takes the workspaces and a restore brings all back") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string backup = folder / "monday";
  States running(options.data);  // beside which it is taken
  CHECK(running.get("prod") == "one");
  std::vector<std::string> said;
  const auto listen = [&](const char* doing, std::uint64_t, std::uint64_t, std::uint64_t) {
    if (said.empty() || said.back() != doing) said.emplace_back(doing);
  };
  const Facts taken = must(storage_backup(with_file(options, backup), listen));
  CHECK(fact<std::uint64_t>(taken, "workspace_journals") == 4);
  CHECK(fact<std::uint64_t>(taken, "last_revision") == 3);
  CHECK(std::find(said.begin(), said.end(), "journal 1 of 7: copied") != said.end());
  CHECK(fact<bool>(must(storage_verify(with_file(options, backup), {})), "whole"));
  CHECK(fact<std::uint64_t>(must(storage_info(with_file(options, backup))), "workspace_journals") ==
        4);
  running.put("big", "newer");

  const StorageOptions other = other_data(folder);
  const Facts restored = must(storage_restore(with_file(other, backup), {}));
  CHECK(fact<std::uint64_t>(restored, "workspace_journals") == 4);
  CHECK(fact<std::string>(restored, "incarnation") != incarnation_a);
  CHECK(fact<std::uint64_t>(must(storage_verify(other, {})), "workspace_journals") == 4);
  States states(other.data);
  CHECK(states.get("prod") == "one");
  CHECK(states.get("big") == large);
  CHECK(states.keeper.look("prod")->state.lock->info.id == "l1");
  const statekit::Head kept = states.head_of_kept();
  CHECK(kept.last == 5);
  CHECK(kept.incarnation != incarnation_b);
  CHECK(kept.digest == running.head_of_kept().digest);
  CHECK(fails_with(storage_restore(with_file(other, backup), {}), "not empty"));
}

TEST_CASE("what a backup of several journals lost is noticed before anything is touched") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string whole = folder / "whole";
  must(storage_backup(with_file(options, whole), {}));
  const std::string cut = folder / "cut";
  const auto refused = [&](const std::string& what) {
    INFO(what);
    CHECK_FALSE(storage_verify(with_file(options, cut), {}));
    const StorageOptions other = other_data(folder);
    CHECK_FALSE(storage_restore(with_file(other, cut), {}));
    CHECK_FALSE(fs::exists(other.data));
    fs::remove_all(cut);
    fs::copy(whole, cut, fs::copy_options::recursive);
  };
  refused("nothing");
  for (const char* each : {"journal.db", "journal.state/1.db", "contents"}) {
    fs::remove(cut + "/" + each);
    refused(std::string("no ") + each);
    fs::resize_file(cut + "/" + each, fs::file_size(cut + "/" + each) / 2);
    refused(std::string("half of ") + each);
  }
  fs::resize_file(cut + "/contents", 0);
  refused("no contents");
  fs::copy_file(cut + "/journal.state/2.db", cut + "/journal.state/1.db",
                fs::copy_options::overwrite_existing);
  refused("another journal's");
  std::ifstream file(whole + "/contents");
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // All that is left is whole, and agrees with what is left of the contents.
  const std::size_t line = text.find("\n1 ");
  text.erase(line, text.find('\n', line + 1) - line);
  fs::remove(cut + "/journal.state/1.db");
  std::ofstream(cut + "/contents", std::ios::trunc) << text;
  refused("contents without a line");
  CHECK(storage_verify(with_file(options, cut), {}));
}

TEST_CASE("a backup takes what its catalogue names and nothing that is left over") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string shelf = options.data + "/schema/journal.state/";
  fs::copy_file(shelf + "1.db", shelf + "999.db");
  fs::create_directories(folder / "monday.partial/journal.state");
  std::ofstream(folder / "monday.partial/journal.state/1.db") << "of an interrupted one";
  must(storage_backup(with_file(options, folder / "monday"), {}));
  CHECK(fs::exists(folder / "monday/journal.state/1.db"));
  CHECK_FALSE(fs::exists(folder / "monday/journal.state/999.db"));
  CHECK_FALSE(fs::exists(folder / "monday.partial"));
  CHECK(fs::status(folder / "monday").permissions() == fs::perms::owner_all);
  CHECK(fails_with(storage_backup(with_file(options, folder / "monday"), {}), "already"));
}

TEST_CASE(
    "a restore fills no folder in which workspaces stand, and what was seen there is forgotten") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string backup = folder / "monday";
  must(storage_backup(with_file(options, backup), {}));
  for (const char* suffix : {"", "-wal", "-shm", "-lock"})
    fs::remove(options.data + "/schema/journal.db" + suffix);
  CHECK(fails_with(storage_restore(with_file(options, backup), {}), "workspaces stand beside it"));
  fs::remove_all(options.data + "/schema/journal.state");
  must(storage_restore(with_file(options, backup), {}));
  CHECK(States(options.data).get("prod") == "one");
}

TEST_CASE("a workspace that was put back counts as it is once an operator accepts it") {
  const TempDir folder;
  const StorageOptions options = filled(folder);
  const std::string store = options.data + "/schema/journal.state/1.db";
  fs::copy_file(store, folder / "monday.db");
  States(options.data).put("big", "newer");
  States(options.data).keeper.act("prod", workspace::ReleaseLock{{}, false}, "ada", true);
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(store + suffix);
  fs::copy_file(folder / "monday.db", store);
  CHECK_FALSE(States(options.data).keeper.look("prod"));
  must(storage_accept_rewind(with_file(options, store)));
  CHECK(States(options.data).get("prod") == "one");
}

TEST_CASE("a migration into another store takes the workspaces and goes on where it was cut off") {
  const TempDir folder;
  StorageOptions options = filled(folder, 0);
  options.to = folder / "moved/schema/journal.db";
  fs::create_directories(folder / "moved/schema/journal.state");
  // As an interrupted one leaves it: one workspace is there, the catalogue and the schema are not.
  fs::copy_file(options.data + "/schema/journal.state/1.db",
                folder / "moved/schema/journal.state/1.db");
  const Facts moved = must(storage_migrate(options, {}));
  CHECK(fact<std::uint64_t>(moved, "workspace_journals") == 4);
  States states(folder / "moved");
  CHECK(states.get("prod") == "one");
  CHECK(states.get("big") == large);
  CHECK(states.head_of_kept() == States(options.data).head_of_kept());
  CHECK(fails_with(storage_migrate(options, {}), "already"));
}
