// The keeper: journals found, opened, closed and dropped; bodies cut and put together; locks that
// end by themselves; several replicas over one store.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "journal/memory.hpp"
#include "services/schema/workspace/keeper.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"
#include "workspace/bench.hpp"

using namespace millrace;
using namespace millrace::workspace;
using test::lock_of;
using test::shown;

namespace {

// Journals in memory, with faults, that several keepers may share as replicas do.
struct TestShelf final : Shelf {
  statekit::Result<std::unique_ptr<statekit::Journal>> journal(const std::string& name) override {
    const std::lock_guard lock(mutex);
    ++opened;
    auto& store = stores[name];
    if (!store) store = journal::make_memory_store();
    return journal::make_memory_journal(store, name == "catalogue" ? catalogue_faults : faults);
  }
  void discard(const std::string& name) override {
    const std::lock_guard lock(mutex);
    discarded.insert(name);
    stores.erase(name);
  }
  bool shared() const override { return is_shared; }

  std::mutex mutex;
  std::map<std::string, std::shared_ptr<journal::MemoryStore>> stores;
  std::set<std::string> discarded;
  std::shared_ptr<journal::Faults> faults = std::make_shared<journal::Faults>();
  std::shared_ptr<journal::Faults> catalogue_faults = std::make_shared<journal::Faults>();
  bool is_shared = false;
  int opened = 0;
};

struct World {
  TestShelf shelf;
  test::ManualClock clock;
  KeeperLimits limits;
  std::unique_ptr<Keeper> keeper = make();

  std::unique_ptr<Keeper> make() { return std::make_unique<Keeper>(shelf, clock, limits, nullptr); }
  void restart() {
    keeper.reset();
    keeper = make();
  }
  std::string put(const std::string& name, const std::string& body, const std::string& lock = {}) {
    return word(keeper->write(name, shown(lock), body, "ada"));
  }
  std::string get(const std::string& name, std::optional<std::uint64_t> number = {}) {
    const auto reading = keeper->read(name, number);
    if (!reading) return "error: " + reading.error().message;
    return reading->version ? reading->body : "none";
  }
  std::string lock(const std::string& name, const std::string& id,
                   std::optional<std::int64_t> ttl_ms = {}) {
    return word(keeper->act(name, TakeLock{lock_of(id), ttl_ms}, "ada", true));
  }
  static std::string word(const Outcome& outcome) {
    if (outcome.result) return "ok";
    const Refusal refusal = refusal_of(outcome.result.error());
    return refusal == Refusal::none ? std::string(name_of(outcome.result.error().code))
                                    : test::Bench::word(refusal);
  }
};

std::string patterned(std::size_t octets) {
  std::string body(octets, '\0');
  for (std::size_t i = 0; i < octets; ++i) body[i] = static_cast<char>(i * 7 + i / 255);
  return body;
}

}  // namespace

TEST_CASE("a body comes back as it was put, in one commit or in many, after a restart too") {
  World world;
  for (const std::size_t octets :
       {std::size_t{1}, part_bytes_max, part_bytes_max + 1, std::size_t{5'000'000}}) {
    const std::string body = patterned(octets);
    CHECK(world.put("w", body) == "ok");
    CHECK(world.get("w") == body);
    world.restart();
    CHECK(world.get("w") == body);
  }
  CHECK(world.get("w", 1).size() == 1);
  CHECK(world.get("w", 9) == "none");
  CHECK(world.get("other") == "none");
  CHECK(world.keeper->names()->size() == 1);
}

TEST_CASE("a large body that is refused stores nothing") {
  World world;
  world.lock("w", "a");
  const auto before = world.keeper->look("w")->state.revision;
  CHECK(world.put("w", patterned(3'000'000)) == "locked");
  CHECK(world.put("w", patterned(3'000'000), "b") == "other lock");
  CHECK(world.keeper->look("w")->state.revision == before);
  CHECK(world.put("w", patterned(3'000'000), "a") == "ok");
  const auto after = world.keeper->look("w")->state.revision;
  CHECK(world.put("w", patterned(3'000'000), "a") == "ok");
  CHECK(world.keeper->look("w")->state.revision == after);
}

TEST_CASE("one workspace never sees another, and one that is made again is empty") {
  World world;
  world.put("one", "1");
  world.lock("one", "a");
  CHECK(world.get("two") == "none");
  CHECK(world.put("two", "2") == "ok");
  CHECK(World::word(world.keeper->remove("one", false, "ada")) == "not empty");
  CHECK(World::word(world.keeper->remove("one", true, "ada")) == "ok");
  CHECK(World::word(world.keeper->remove("one", true, "ada")) == "not-found");
  CHECK(world.shelf.discarded == std::set<std::string>{"1", "1.journal"});
  CHECK(world.get("one") == "none");
  CHECK(world.get("two") == "2");
  CHECK(world.put("one", "new") == "ok");
  const auto view = world.keeper->look("one");
  CHECK(view->state.versions.size() == 1);
  CHECK_FALSE(view->state.lock);
  CHECK(view->id == 4);
}

TEST_CASE("a workspace whose deletion was cut short is gone, and can be made again") {
  World world;
  world.put("w", "old");
  world.shelf.catalogue_faults->next(journal::AppendFault::unavailable, 1);
  CHECK(World::word(world.keeper->remove("w", true, "ada")) == "unavailable");
  world.restart();
  CHECK(world.get("w") == "none");
  CHECK(world.put("w", "new") == "ok");
  CHECK(world.get("w") == "new");
  CHECK(world.keeper->look("w")->state.versions.size() == 1);
}

TEST_CASE("a lock ends by itself, late and never early, whatever the wall clock does") {
  World world;
  CHECK(world.lock("w", "a", 10'000) == "ok");
  world.clock.set_wall(world.clock.wall_ms() + 86'400'000);
  CHECK(world.lock("w", "b") == "locked");
  world.clock.advance(9'999);
  CHECK(world.lock("w", "b") == "locked");
  CHECK(world.lock("w", "a") == "ok");  // renewed
  world.clock.advance(9'999);
  CHECK(world.lock("w", "b") == "locked");
  world.restart();  // who starts anew counts anew
  CHECK(world.lock("w", "b") == "locked");
  world.clock.advance(9'999);
  CHECK(world.lock("w", "b") == "locked");
  world.clock.advance(1);
  CHECK(world.keeper->look("w")->state.lock->info.id == "a");
  CHECK(world.lock("w", "b") == "ok");
  CHECK(world.put("w", "x", "a") == "other lock");
}

TEST_CASE("a lock ends by itself also where its workspace is closed and opened all the time") {
  World world;
  world.limits.open_max = 2;
  world.restart();
  REQUIRE(world.lock("w", "a", 10'000) == "ok");
  for (int second = 1; second < 10; ++second) {
    world.clock.advance(1'000);
    for (const char* name : {"x", "y", "z"}) REQUIRE(world.put(name, "body") == "ok");
    CHECK(world.lock("w", "b") == "locked");
  }
  for (const char* name : {"x", "y", "z"}) REQUIRE(world.put(name, "body") == "ok");
  world.clock.advance(1'000);
  CHECK(world.lock("w", "b") == "ok");
}

TEST_CASE("G8: no more workspaces are made, and none is kept open, than the limits say") {
  World world;
  world.limits.open_max = 2;
  world.limits.workspaces_max = 5;
  world.restart();
  for (int round = 0; round < 3; ++round)
    for (const char* name : {"a", "b", "c", "d", "e"})
      CHECK(world.put(name, std::string(name) + std::to_string(round)) == "ok");
  CHECK(world.shelf.opened >= 15);  // had they stayed open, five and the catalogue
  CHECK(world.put("f", "x") == "full");
  for (const char* name : {"a", "b", "c", "d", "e"})
    CHECK(world.get(name) == std::string(name) + "2");
  world.keeper->remove("c", true, "ada");
  CHECK(world.put("f", "x") == "ok");
}

TEST_CASE("what a deleted workspace held goes also where it was closed before it was dropped") {
  World world;
  world.limits.open_max = 0;  // each is closed as soon as nobody uses it
  world.restart();
  REQUIRE(world.put("w", "secret") == "ok");
  REQUIRE(world.keeper->remove("w", true, "ada").result);
  CHECK(world.shelf.discarded.contains("1"));
  CHECK(world.put("w", "new") == "ok");
}

TEST_CASE("entries that no kept version needs are compacted away") {
  World world;
  world.limits.rules.versions_max = 3;
  world.restart();
  for (int i = 0; i < 300; ++i) REQUIRE(world.put("w", "body " + std::to_string(i)) == "ok");
  auto other = journal::make_memory_journal(world.shelf.stores.at("1"));
  const auto head = other->open({"0123456789abcdef0123456789abcdef", false});
  REQUIRE(head);
  CHECK(head->last == 300);
  CHECK(head->first > 100);
  CHECK(world.get("w", 298) == "body 297");
  world.restart();
  CHECK(world.get("w", 298) == "body 297");
}

TEST_CASE("a store that is away is told, and is used again when it is back") {
  World world;
  world.put("w", "1");
  world.shelf.faults->set_unavailable(true);
  CHECK(world.put("w", "2") == "unavailable");
  CHECK(world.get("w").starts_with("error"));
  world.shelf.faults->set_unavailable(false);
  CHECK(world.get("w") == "1");
  CHECK(world.put("w", "2") == "ok");
  world.shelf.faults->next(journal::AppendFault::disk_full, 1);
  CHECK(world.put("w", "3") == "unavailable");
  CHECK(world.put("w", "3") == "ok");
}

TEST_CASE("G4: a write of unknown outcome is settled before it is answered, and is there once") {
  World world;
  for (const auto fault : {journal::AppendFault::before_write, journal::AppendFault::after_write,
                           journal::AppendFault::late_write}) {
    World fresh;
    fresh.put("w", "1");
    fresh.shelf.faults->next(fault, 1);
    CHECK(fresh.put("w", "2") == "ok");
    CHECK(fresh.get("w") == "2");
    CHECK(fresh.keeper->look("w")->state.versions.size() == 2);
  }
}

TEST_CASE(
    "G4: of many who want a lock at two replicas exactly one gets it, and both know whose it is") {
  World world;
  world.shelf.is_shared = true;
  world.restart();
  const auto other = world.make();
  for (int round = 0; round < 10; ++round) {
    const std::string name = "w" + std::to_string(round);
    std::atomic<int> won = 0;
    std::vector<std::thread> clients;
    for (int client = 0; client < 6; ++client)
      clients.emplace_back([&, client] {
        Keeper& keeper = client % 2 == 0 ? *world.keeper : *other;
        const TakeLock act{lock_of("c" + std::to_string(client)), std::nullopt};
        if (keeper.act(name, act, "ada", true).result) ++won;
      });
    for (std::thread& client : clients) client.join();
    CHECK(won == 1);
    const auto here = world.keeper->look(name);
    const auto there = other->look(name);
    REQUIRE((here && there && here->state.lock));
    CHECK(here->state.lock == there->state.lock);
  }
}

TEST_CASE("what one replica wrote the other reads at once, and a large body is whole at both") {
  World world;
  world.shelf.is_shared = true;
  world.restart();
  const auto other = world.make();
  const std::string body = patterned(2'000'000);
  for (int round = 0; round < 5; ++round) {
    Keeper& writer = round % 2 == 0 ? *world.keeper : *other;
    Keeper& reader = round % 2 == 0 ? *other : *world.keeper;
    const std::string now = body + std::to_string(round);
    REQUIRE(writer.write("w", {}, now, "ada").result);
    const auto reading = reader.read("w", std::nullopt);
    REQUIRE(reading);
    CHECK(reading->body == now);
  }
}

TEST_CASE("a workspace deleted at one replica is gone at the other that has it open") {
  World world;
  world.shelf.is_shared = true;
  world.restart();
  const auto other = world.make();
  world.put("w", "1");
  REQUIRE(other->read("w", std::nullopt)->body == "1");
  CHECK(World::word(other->act("w", Seal{true}, "ada", false)) == "ok");
  CHECK(world.get("w") == "none");
  CHECK(world.put("w", "2") == "ok");
  CHECK(other->read("w", std::nullopt)->body == "2");
}

// Had a writer opened the journal of a workspace just after it was dropped, its write would be
// nowhere.
TEST_CASE(
    "G1: a write that races with the deletion of its workspace is in the old one or the new one") {
  World world;
  for (int round = 0; round < 150; ++round) {
    REQUIRE(world.put("w", "first") == "ok");
    std::atomic<int> written = 0;
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 3; ++writer)
      writers.emplace_back([&] { written += world.put("w", "second") == "ok" ? 1 : 0; });
    const Outcome removed = world.keeper->remove("w", true, "ada");
    REQUIRE(removed.result);
    for (std::thread& writer : writers) writer.join();
    CHECK(written == 3);
    std::size_t before = 0;
    for (const AuditLine& line : removed.view.state.audit) before += line.action == "write" ? 1 : 0;
    const std::string after = world.get("w");
    CHECK((after == "second" || (after == "none" && before == 2)));
    static_cast<void>(world.keeper->remove("w", true, "ada"));
  }
}

TEST_CASE("the files of a workspace on SQLite are its owner's alone and go with it") {
  test::TempDir folder;
  test::ManualClock clock;
  const auto shelf = make_shelf("sqlite:" + (folder / "journal.db"));
  {
    Keeper keeper(*shelf, clock, {}, nullptr);
    REQUIRE(keeper.write("w", {}, "1", "ada").result);
    CHECK(std::filesystem::exists(folder / "journal.state/1.db"));
    const auto permissions = std::filesystem::status(folder / "journal.state").permissions();
    CHECK(permissions == std::filesystem::perms::owner_all);
  }
  {
    Keeper keeper(*shelf, clock, {}, nullptr);
    CHECK(keeper.read("w", std::nullopt)->body == "1");
    REQUIRE(keeper.remove("w", true, "ada").result);
    CHECK_FALSE(std::filesystem::exists(folder / "journal.state/1.db"));
    CHECK_FALSE(std::filesystem::exists(folder / "journal.state/1.db-wal"));
  }
}

TEST_CASE("G1: a workspace whose file was put back to an older copy is told and not served") {
  namespace fs = std::filesystem;
  test::TempDir folder;
  test::ManualClock clock;
  const auto shelf = make_shelf("sqlite:" + (folder / "journal.db"));
  const std::string file = folder / "journal.state/1.db";
  const auto with_keeper = [&](const auto& use) {
    Keeper keeper(*shelf, clock, {}, nullptr);
    return use(keeper);
  };
  const auto write = [&](const std::string& body) {
    with_keeper([&](Keeper& keeper) {
      REQUIRE(keeper.write("w", {}, body, "ada").result);
      return 0;
    });
  };
  write("1");
  fs::copy_file(file, folder / "monday.db");
  write("2");
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(file + suffix);
  fs::copy_file(folder / "monday.db", file);
  with_keeper([&](Keeper& keeper) {
    const auto read = keeper.read("w", std::nullopt);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == statekit::Code::failed_precondition);
    CHECK(read.error().message.find("journal rewound") != std::string::npos);
    CHECK(keeper.write("other", {}, "x", "ada").result);  // the others go on
    return 0;
  });
  fs::remove(*seen_file_of(file));
  CHECK(with_keeper([&](Keeper& keeper) { return keeper.read("w", std::nullopt)->body; }) == "1");
}
