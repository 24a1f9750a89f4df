// Workspaces of two replicas on a real etcd: one lock, one truth, nothing of a deleted one, and a
// backup that takes them all.
#include <atomic>
#include <thread>

#include "cli/storage/storage.hpp"
#include "journal/open.hpp"
#include "services/schema/workspace/keeper.hpp"
#include "services/schema/workspace/refusal.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/etcd_server.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::workspace;

namespace {

struct Replica {
  explicit Replica(const std::string& url) : shelf(make_shelf(url)) {}
  std::unique_ptr<Shelf> shelf;
  statekit::SystemClock clock;
  Keeper keeper{*shelf, clock, {}, nullptr};

  std::string get(const std::string& name) {
    const auto reading = keeper.read(name, std::nullopt);
    if (!reading) return "error: " + reading.error().message;
    return reading->version ? reading->body : "none";
  }
};

}  // namespace

TEST_CASE(
    "workspaces of two replicas on etcd are one, a later replica sees all, and a backup holds "
    "all") {
  test::EtcdCluster etcd(1);
  const std::string url = "etcd://" + etcd.endpoint(0) + "/states";
  Replica here(url), there(url);

  for (int round = 0; round < 3; ++round) {
    const std::string name = "raced" + std::to_string(round);
    std::atomic<int> won = 0;
    std::vector<std::thread> clients;
    for (int client = 0; client < 6; ++client)
      clients.emplace_back([&, client] {
        LockInfo info;
        info.id = std::to_string(client);
        Replica& at = client % 2 == 0 ? here : there;
        if (at.keeper.act(name, TakeLock{info, {}}, "ada", true).result) ++won;
      });
    for (std::thread& client : clients) client.join();
    CHECK(won == 1);
    CHECK(here.keeper.look(name)->state.lock == there.keeper.look(name)->state.lock);
  }

  const std::string large(2'500'000, 'x');
  REQUIRE(here.keeper.write("w", {}, large, "ada").result);
  CHECK(there.get("w") == large);
  REQUIRE(there.keeper.write("w", {}, "small", "bob").result);
  CHECK(here.get("w") == "small");
  Guard stale;
  stale.match = {{here.keeper.look("w")->id, 1}};
  const auto refused = here.keeper.write("w", stale, "late", "ada");
  REQUIRE_FALSE(refused.result);
  CHECK(refusal_of(refused.result.error()) == Refusal::stale);

  REQUIRE(there.keeper.remove("w", true, "bob").result);
  CHECK(here.get("w") == "none");
  REQUIRE(here.keeper.write("w", {}, "again", "ada").result);
  CHECK(there.get("w") == "again");
  CHECK(there.keeper.look("w")->state.versions.size() == 1);

  Replica later(url);
  CHECK(later.get("w") == "again");
  CHECK(later.keeper.look("raced1")->state.lock == here.keeper.look("raced1")->state.lock);

  // The same server, since one takes a second to start. No schema service has been here yet, so its
  // journal is made.
  const test::TempDir folder;
  const auto schema = journal::open_journal(url);
  REQUIRE(schema);
  REQUIRE((*schema)->open({std::string(32, 'a'), true}));
  cli::StorageOptions options;
  options.file = folder / "monday";
  options.journal = url;
  const auto done = [](const statekit::Result<cli::Facts>& answer) {
    INFO((answer ? std::string() : answer.error().message));
    CHECK(answer);
  };
  done(cli::storage_backup(options, {}));
  done(cli::storage_verify(options, {}));
  options.journal = "etcd://" + etcd.endpoint(0) + "/again";
  done(cli::storage_restore(options, {}));
  CHECK(Replica(options.journal).get("w") == "again");
  CHECK_FALSE(cli::storage_restore(options, {}));
}
