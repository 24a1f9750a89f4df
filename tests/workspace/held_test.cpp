// Journals that are kept for others: snapshots that were begun and not finished, and what is asked
// of one that cannot be read.
#include <filesystem>
#include <fstream>

#include "journal/memory.hpp"
#include "services/schema/workspace/service.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::workspace;

namespace {

constexpr std::uint64_t quota = 10'000;

struct Held {
  HeldJournal held{1, opened(), quota};

  static std::unique_ptr<statekit::Journal> opened() {
    auto journal = journal::make_memory_journal(journal::make_memory_store());
    REQUIRE(journal->open({test::incarnation_a}));
    return journal;
  }
  SnapshotTaken send(const std::string& upload, std::uint64_t from, bool last, std::size_t octets) {
    const auto taken =
        held.take_snapshot({5, statekit::sha256("five"), upload, from, last, {Bytes(octets, 'x')}});
    REQUIRE(taken);
    return *taken;
  }
};

// The service over a store on SQLite, as it is wired in the server.
struct House {
  test::TempDir folder;
  statekit::SystemClock clock;
  std::unique_ptr<Shelf> shelf = make_shelf("sqlite:" + (folder / "journal.db"));
  Keeper keeper{*shelf, clock, {}, nullptr};
  Service service{keeper, {}};
  schema_service::Workers workers{1, 8};
  Journals journals{keeper, *shelf, {}};
  std::shared_ptr<Polls> polls = std::make_shared<Polls>(workers, false);
  JournalService journal_service{journals, *polls, 5'000};

  House() { service.add_journals(journal_service); }
  ~House() { polls->stop(); }

  httpkit::Response remove(const std::string& query = {}) {
    httpkit::Request request;
    request.method = "DELETE";
    request.path = "/v1/workspaces/w";
    request.query = query;
    return service.handle(request);
  }
};

}  // namespace

TEST_CASE("a snapshot that nobody finishes keeps no other one out") {
  Held one;
  REQUIRE(one.send("given up", 0, false, 6'000) == SnapshotTaken::kept);
  CHECK(one.send("whole", 0, true, 6'000) == SnapshotTaken::visible);
  // The one that was given up went for it.
  CHECK(one.send("given up", 1, false, 10) == SnapshotTaken::out_of_order);
  // Whoever sends several at a time has them all while there is room.
  CHECK(one.send("a", 0, false, 3'000) == SnapshotTaken::kept);
  CHECK(one.send("b", 0, false, 3'000) == SnapshotTaken::kept);
  CHECK(one.send("b", 1, true, 3'000) == SnapshotTaken::visible);
  CHECK(one.send("a", 1, true, 3'000) == SnapshotTaken::visible);
}

TEST_CASE("G8: a snapshot over the quota is refused, and what was sent of it is forgotten") {
  Held one;
  REQUIRE(one.send("large", 0, false, 6'000) == SnapshotTaken::kept);
  CHECK(one.send("large", 1, true, 6'000) == SnapshotTaken::over_quota);
  CHECK(one.send("large", 1, true, 1'000) == SnapshotTaken::out_of_order);
  CHECK(one.send("small", 0, true, 10'000) == SnapshotTaken::visible);
}

TEST_CASE("a snapshot is given piece by piece, to several who ask for it at one time") {
  Held one;
  std::vector<Bytes> parts;
  for (int i = 0; i < 9; ++i) parts.push_back(Bytes(100, static_cast<char>('a' + i)));
  REQUIRE(one.held.take_snapshot({5, statekit::sha256("five"), "u", 0, true, parts}) ==
          SnapshotTaken::visible);
  // Two parts fit.
  const auto piece = [&](std::uint64_t from) {
    const auto found = one.held.snapshot(9, from, 200);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->revision == 5);
    std::string text;
    for (const Bytes& part : (*found)->parts) text += part.substr(0, 1);
    return text + ((*found)->more ? "+" : "");
  };
  CHECK(piece(0) == "ab+");
  CHECK(piece(2) == "cd+");
  CHECK(piece(0) == "ab+");  // another one
  CHECK(piece(4) == "ef+");
  CHECK(piece(2) == "cd+");
  CHECK(piece(6) == "gh+");
  CHECK(piece(8) == "i");
  CHECK(piece(9).empty());
  const auto older = one.held.snapshot(4, 0, 200);
  REQUIRE(older);
  CHECK_FALSE(older->has_value());
}

TEST_CASE("a workspace whose journal cannot be read is deleted by force only") {
  House house;
  REQUIRE(house.journals.make("w", test::incarnation_a));
  house.journals.forget(1);  // closed
  const std::string file = house.folder / "journal.state/1.journal.db";
  REQUIRE(std::filesystem::exists(file));
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "no journal at all";
  CHECK(house.remove().status == 500);
  CHECK(std::filesystem::exists(file));
  CHECK(house.remove("force=true").status == 200);
  CHECK_FALSE(std::filesystem::exists(file));
}
