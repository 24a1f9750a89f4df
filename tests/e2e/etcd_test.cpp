// A journal in a real etcd, with the binaries as an operator uses them: moved there and back, full,
// out of reach, gone back.
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "e2e/killed_fill.hpp"
#include "e2e/steps.hpp"
#include "support/catch.hpp"
#include "support/etcd_server.hpp"
#include "support/moment.hpp"

using namespace millrace;
using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

// The value of one fact, as `--output json` prints it.
std::string fact(const Outcome& outcome, const std::string& name) {
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const std::size_t at = outcome.out.find("\"" + name + "\": ");
  REQUIRE(at != std::string::npos);
  return outcome.out.substr(at, outcome.out.find_first_of(",\n", at) - at);
}

// What must be the same of a journal wherever it lies.
std::vector<std::string> identity(const std::string& journal) {
  const auto whole = storage({"verify", "--journal", journal, "--output", "json"});
  std::vector<std::string> found;
  for (const char* name : {"incarnation", "first_revision", "last_revision", "digest", "entries"})
    found.push_back(fact(whole, name));
  return found;
}

// A store of many commits, by many deploys of one service.
std::string filled_store(const Folder& folder, int commits) {
  const std::string url = "sqlite:" + folder.path("many.db");
  const auto made = run({binary("journal_filler"), url, std::to_string(commits)}, {}, 60);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  return url;
}

}  // namespace

TEST_CASE("G9: a journal is moved into etcd and back, and is the same in both") {
  test::EtcdCluster etcd(1);
  const std::string there = "etcd://" + etcd.endpoint(0) + "/prod";
  Cluster before;
  REQUIRE(before.ready());
  deploy(before, "first");
  deploy(before, "second");
  const std::string schema = before.millrace({"schema", "get"}).out;
  const std::string here = "sqlite:" + before.data() + "/schema/journal.db";
  CHECK(holds(storage({"migrate", "--data", before.data(), "--to", there}).err,
              "one process at a time"));
  stop(before);
  const auto old = identity(here);

  const auto dry = storage({"migrate", "--data", before.data(), "--to", there, "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(etcd.ctl("get --prefix --keys-only /prod/").empty());
  const auto moved = storage({"migrate", "--data", before.data(), "--to", there});
  INFO(moved.err);
  CHECK(moved.exit_code == 0);
  CHECK(holds(moved.out, "set schema.journal to " + there));
  CHECK(identity(there) == old);

  Cluster in_etcd({"--schema.journal=" + there});
  REQUIRE(in_etcd.ready());
  CHECK(in_etcd.millrace({"schema", "get"}).out == schema);
  CHECK(holds(in_etcd.millrace({"schema", "history", "--module", "first"}).out, "dpl-first-"));
  deploy(in_etcd, "third");
  const std::string grown = in_etcd.millrace({"schema", "get"}).out;
  stop(in_etcd);
  // What was left behind is as it was, and counts again until something new is written: the undo.
  CHECK(identity(here) == old);
  const auto late = storage({"migrate", "--data", before.data(), "--to", there});
  CHECK(late.exit_code != 0);
  CHECK(holds(late.err, "it holds other commits"));

  const std::string back = "sqlite:" + before.folder().path("back.db");
  const auto returned = storage({"migrate", "--journal", there, "--to", back});
  INFO(returned.err);
  CHECK(returned.exit_code == 0);
  CHECK(identity(back) == identity(there));
  CHECK(storage({"migrate", "--journal", there, "--to", back}).exit_code == 1);
  Cluster after({"--schema.journal=" + back});
  REQUIRE(after.ready());
  CHECK(after.millrace({"schema", "get"}).out == grown);
}

TEST_CASE("storage compact drops from etcd what a snapshot stands for, and the rest is served on") {
  test::EtcdCluster etcd(1);
  const std::string url = "etcd://" + etcd.endpoint(0) + "/prod";
  Cluster cluster({"--schema.journal=" + url, "--schema.snapshot_interval=5"});
  REQUIRE(cluster.ready());
  for (const char* each : {"first", "second", "third", "fourth"}) deploy(cluster, each);
  stop(cluster);
  const std::string digest = identity(url)[3];
  const Words compact = {"compact", "--keep", "3", "--journal", url, "--output", "json"};
  Words dry = compact;
  dry.push_back("--dry-run");
  const std::string dropped = fact(storage(dry), "dropped");
  CHECK(dropped != "\"dropped\": 0");
  const auto keys = [&] {
    const std::string all = etcd.ctl("get --prefix --keys-only /prod/0");
    return std::count(all.begin(), all.end(), '/') / 2;
  };
  const auto before = keys();
  CHECK(fact(storage(compact), "dropped") == dropped);
  CHECK("\"dropped\": " + std::to_string(before - keys()) == dropped);
  CHECK(fact(storage(compact), "dropped") == "\"dropped\": 0");
  CHECK(identity(url)[3] == digest);
  CHECK(identity(url)[4] == "\"entries\": " + std::to_string(keys()));
  cluster.start();
  REQUIRE(cluster.ready());
  for (const char* each : {"first", "second", "third", "fourth"})
    CHECK(holds(cluster.millrace({"schema", "get", each}).out, "module " + std::string(each)));
  CHECK(holds(cluster.millrace({"schema", "history", "--limit", "1000"}).out, "is no longer kept"));
  deploy(cluster, "fifth");
}

TEST_CASE(
    "a migration that is killed leaves the old store as it was, and is done by running it again") {
  test::EtcdCluster etcd(1);
  const Folder folder;
  const std::string here = filled_store(folder, 6'000);
  const std::string there = "etcd://" + etcd.endpoint(0) + "/prod";
  const std::string back = "sqlite:" + folder.path("back.db");
  const auto old = identity(here);
  for (const auto& [from, to] : {std::pair(here, there), std::pair(there, back)}) {
    int killed = 0;
    for (int ms = 40; ms <= 200; ms += 40) {
      Process migrating({binary("millrace"), "storage", "migrate", "--journal", from, "--to", to},
                        folder.path("killed.log"));
      test::pass(std::chrono::milliseconds(ms));
      killed += migrating.running() ? 1 : 0;
      migrating.signal(SIGKILL);
      migrating.wait();
      CHECK(identity(from) == old);
      if (!migrating.output().empty()) break;  // it was done
    }
    CHECK(killed > 0);
    const auto done = storage({"migrate", "--journal", from, "--to", to});
    INFO(done.err);
    CHECK((done.exit_code == 0 || holds(done.err, "it is there already")));
    CHECK(identity(to) == old);
  }
}

TEST_CASE("G8: an etcd whose quota is used up is told everywhere, and reads and the feed go on") {
  test::EtcdCluster etcd(1, {"--quota-backend-bytes=1500000", "--auto-compaction-retention=1"});
  Cluster cluster({"--schema.journal=etcd://" + etcd.endpoint(0) + "/prod?quota=1500000"});
  REQUIRE(cluster.ready());
  write_file(cluster.folder().path("ballast"), std::string(600'000, 'x'));
  etcd.ctl("put /other/ballast < " + cluster.folder().path("ballast"));
  deploy(cluster, "first");
  Outcome refused;
  for (int i = 0; i < 60 && refused.err.empty(); ++i) {
    const auto next = try_deploy(cluster, "m" + std::to_string(i), 3'000);
    if (next.exit_code != 0) refused = next;
  }
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "its space is full (NOSPACE)"));
  CHECK(eventually([&] { return holds(readyz(cluster), "(NOSPACE), so nothing can be written"); }));
  // It stays so, though nobody tries to write.
  const auto status = cluster.millrace({"status"});
  CHECK(status.exit_code == 1);
  CHECK(holds(status.out, "NOSPACE"));
  CHECK(holds(status.out, "live"));
  CHECK(holds(cluster.millrace({"schema", "get", "first"}).out, "module first"));
  CHECK(cluster.millrace({"schema", "history", "--module", "first"}).exit_code == 0);
  CHECK(cluster.http("GET", "/nothing/here").status == 404);

  // Room is made: it goes on by itself.
  etcd.ctl("del /other/ballast");
  const std::string now = etcd.ctl("get /prod/head -w fields");
  const std::string revision = "\"Revision\" : ";
  etcd.ctl("compact " +
           std::to_string(std::stoul(now.substr(now.find(revision) + revision.size()))));
  etcd.ctl("defrag");
  etcd.ctl("alarm disarm");
  CHECK(eventually([&] { return !holds(readyz(cluster), "NOSPACE"); }));
  CHECK(try_deploy(cluster, "last").exit_code == 0);
  CHECK(cluster.millrace({"status"}).exit_code == 0);
}

TEST_CASE("an etcd out of reach is told everywhere, reads and the feed go on, and it comes back") {
  test::EtcdCluster etcd(1);
  Cluster cluster({"--schema.journal=etcd://" + etcd.endpoint(0) + "/prod"});
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  const Words history = {"schema", "history", "--module", "first"};
  REQUIRE(eventually([&] { return holds(cluster.millrace(history).out, "finalized"); }));
  etcd.kill(0);
  const std::string words = "etcd cannot be reached at " + etcd.endpoint(0);
  CHECK(eventually([&] { return holds(readyz(cluster), words); }));  // though nobody writes
  const auto refused = try_deploy(cluster, "second");
  CHECK(refused.exit_code == 2);
  CHECK(eventually([&] { return holds(readyz(cluster), words); }));
  const auto status = cluster.millrace({"status"});
  CHECK(status.exit_code == 1);
  CHECK(holds(status.out, words));
  CHECK(holds(status.out, "live"));
  CHECK(holds(cluster.millrace({"schema", "get", "first"}).out, "module first"));
  CHECK(holds(cluster.millrace(history).out, "finalized"));
  etcd.restart(0);
  CHECK(eventually([&] { return cluster.millrace({"status"}).exit_code == 0; }));
  CHECK(eventually([&] { return try_deploy(cluster, "second").exit_code == 0; }));
}

TEST_CASE(
    "a journal in etcd that went back stops the service until that is accepted, once for all") {
  test::EtcdCluster etcd(1);
  const std::string url = "etcd://" + etcd.endpoint(0) + "/prod";
  Cluster cluster({"--schema.journal=" + url});
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  std::string head;
  std::vector<std::string> before;
  // Both of one moment: a changeset goes on by itself after its deploy has returned.
  REQUIRE(eventually([&] {
    before = identity(url);
    head = etcd.ctl("get /prod/head --print-value-only");
    return identity(url) == before;
  }));
  deploy(cluster, "second");
  const auto busy = storage({"accept-rewind", "--journal", url, "--data", cluster.data()});
  CHECK(busy.exit_code == 2);
  CHECK(holds(busy.err, "stop them first"));
  stop(cluster);
  const std::string remembered = read_file(cluster.data() + "/schema/position");
  // As an old backup of etcd would be: the later commits are gone.
  const std::string last = before[2].substr(before[2].rfind(' ') + 1);
  const auto key = [](unsigned long revision) {
    const std::string number = std::to_string(revision);
    return "/prod/" + std::string(20 - number.size(), '0') + number;
  };
  etcd.ctl("del " + key(std::stoul(last) + 1) + " " + key(1'000'000));
  etcd.ctl("del --prefix /prod/snapshot/");
  etcd.ctl("put /prod/head '" + head.substr(0, head.find('\n')) + "'");
  CHECK(identity(url) == before);

  const auto refused = run(cluster.serve_words());
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "journal rewound"));
  CHECK(holds(refused.err, "accept-rewind"));
  const auto accepted =
      storage({"accept-rewind", "--journal", url, "--data", cluster.data(), "--output", "json"});
  CHECK(fact(accepted, "renewed") == "\"renewed\": true");
  CHECK(identity(url)[0] != before[0]);
  CHECK(identity(url)[3] == before[3]);
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK_FALSE(holds(cluster.millrace({"schema", "get"}).out, "module second"));
  deploy(cluster, "third");
  stop(cluster);

  // Another machine, which knew the journal of before: it forgets, and nothing is renewed again.
  write_file(cluster.data() + "/schema/position", remembered);
  CHECK(run(cluster.serve_words()).exit_code == 2);
  const auto again =
      storage({"accept-rewind", "--journal", url, "--data", cluster.data(), "--output", "json"});
  CHECK(fact(again, "renewed") == "\"renewed\": false");
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(holds(cluster.millrace({"schema", "get"}).out, "module third"));
}

TEST_CASE("a wrong workspace is noticed by who used another, and one that holds else is refused") {
  test::EtcdCluster etcd(1);
  const std::string at = "etcd://" + etcd.endpoint(0);
  Cluster cluster({"--schema.journal=" + at + "/prod"});
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  stop(cluster);
  Words words = cluster.serve_words();
  words.back() = "--schema.journal=" + at + "/prdo";
  const auto refused = run(words);
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "journal rewound"));
  CHECK(holds(refused.err, "another incarnation"));
  CHECK(holds(refused.err, at + "/prdo"));
  etcd.ctl("put /theirs/key value");
  words.back() = "--schema.journal=" + at + "/theirs";
  const auto foreign = run(words);
  CHECK(foreign.exit_code == 2);
  CHECK(holds(foreign.err, "no journal of ours"));
  CHECK(etcd.ctl("get --prefix --keys-only /theirs/") == "/theirs/key\n\n");
  CHECK(holds(storage({"info", "--journal", at + "/nowhere"}).err, "there is no journal"));
  CHECK(etcd.ctl("get --prefix --keys-only /nowhere/").empty());
}

TEST_CASE("G9: a restore into etcd that is killed leaves a journal that nobody serves") {
  test::EtcdCluster etcd(1);
  check_killed_restores({etcd.port(0), [](const std::string& at, const std::string& workspace) {
                           return "etcd://" + at + "/" + workspace;
                         }});
}

TEST_CASE("G9: a migration into etcd that is killed leaves a journal that nobody serves") {
  test::EtcdCluster etcd(1);
  check_killed_migrations({etcd.port(0), [](const std::string& at, const std::string& workspace) {
                             return "etcd://" + at + "/" + workspace;
                           }});
}

TEST_CASE("what is moved out of or restored into etcd is refused while schema services use it") {
  test::EtcdCluster etcd(1);
  const std::string url = "etcd://" + etcd.endpoint(0) + "/prod";
  const std::string advertised = "--schema.advertise=replica-one:8892";
  Cluster cluster({"--schema.journal=" + url, advertised});
  REQUIRE(cluster.ready());
  const std::string backup = filled_store(cluster.folder(), 100).substr(7);
  const std::string moved = "sqlite:" + cluster.folder().path("moved.db");
  const Words migrate = {"migrate", "--journal", url, "--to", moved};
  const Words restore = {"restore", backup, "--journal", url};
  const std::string empty =
      fact(storage({"info", "--journal", url, "--output", "json"}), "incarnation");
  for (const Words& words : {migrate, restore}) {
    Outcome refused;
    // A replica tells of itself a moment after it is ready.
    REQUIRE(eventually([&] {
      refused = storage(words);
      return refused.exit_code != 0;
    }));
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, "replica-one:8892"));
    CHECK(holds(refused.err, "--force"));
  }
  CHECK_FALSE(fs::exists(cluster.folder().path("moved.db")));
  CHECK(fact(storage({"info", "--journal", url, "--output", "json"}), "last_revision") ==
        "\"last_revision\": 0");
  Words forced = migrate;
  forced.push_back("--force");
  CHECK(storage(forced).exit_code == 0);
  stop(cluster);
  const auto restored = storage(restore);
  INFO(restored.err);
  CHECK(restored.exit_code == 0);
  const auto info = storage({"info", "--journal", url, "--output", "json"});
  CHECK(fact(info, "incarnation") != empty);
  CHECK(fact(info, "last_revision") == "\"last_revision\": 100");
  // Who knew it as an empty one has missed nothing.
  cluster.start();
  CHECK(cluster.ready());
}
