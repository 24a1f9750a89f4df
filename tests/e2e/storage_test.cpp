// `millrace storage` beside a running service, and what a service says whose store went back.
#include <signal.h>

#include <filesystem>

#include "e2e/cluster.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

void deploy(const Cluster& cluster, const std::string& name) {
  write_file(cluster.folder().path(name + ".schema"),
             "module " + name + " {\n  data Point {\n    x Int\n  }\n}\n");
  // Canonical when this returns: a service that is stopped before goes on with it at its next
  // start.
  const auto deployed =
      cluster.millrace({"deploy", cluster.folder().path(name + ".schema"), "--wait"});
  INFO(deployed.err);
  REQUIRE(deployed.exit_code == 0);
}

void stop(Cluster& cluster) {
  cluster.serve().signal(SIGTERM);
  REQUIRE(cluster.serve().wait() == 0);
}

}  // namespace

TEST_CASE("G9: a running store is backed up, moved down and up a generation, and served on") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  const std::string backup = cluster.folder().path("backup.db");
  const Words data = {"--data", cluster.data()};
  const auto storage = [&](Words words) {
    words.insert(words.begin(), {binary("millrace"), "storage"});
    words.insert(words.end(), data.begin(), data.end());
    return run(words);
  };
  const auto info = storage({"info"});
  INFO(info.err);
  CHECK(holds(info.out, "process " + std::to_string(cluster.serve().pid())));
  CHECK(storage({"backup", backup}).exit_code == 0);
  CHECK(run({binary("millrace"), "storage", "verify", backup}).exit_code == 0);
  const auto busy = storage({"migrate", "--format", "1"});
  CHECK(busy.exit_code == 2);
  CHECK(holds(busy.err, "one process at a time"));
  const auto schema = cluster.millrace({"schema", "get"});
  stop(cluster);

  for (const char* format : {"1", "2"}) {
    const auto migrated = storage({"migrate", "--format", format, "--discard-old"});
    INFO(migrated.err);
    CHECK(migrated.exit_code == 0);
    cluster.start();
    REQUIRE(cluster.ready());
    CHECK(cluster.millrace({"schema", "get"}).out == schema.out);
    stop(cluster);
  }
  CHECK(storage({"migrate", "--format", "1"}).exit_code == 0);
  CHECK(storage({"migrate", "--undo"}).exit_code == 0);
  CHECK(holds(storage({"info", "--output", "json"}).out, "\"format\": 2"));
}

TEST_CASE("a store that went back stops serve until that is accepted") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  stop(cluster);
  const std::string store = cluster.data() + "/schema/journal.db";
  fs::copy_file(store, store + ".monday");
  cluster.start();
  REQUIRE(cluster.ready());
  deploy(cluster, "second");
  stop(cluster);
  fs::rename(store + ".monday", store);
  // As on another machine, where only the data folder came along.
  fs::remove(store + "-lock");
  const auto refused = run(cluster.serve_words());
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "journal rewound"));
  CHECK(holds(refused.err, "accept-rewind"));
  const auto accepted =
      run({binary("millrace"), "storage", "accept-rewind", "--data", cluster.data()});
  INFO(accepted.err);
  CHECK(accepted.exit_code == 0);
  cluster.start();
  REQUIRE(cluster.ready());
  const auto schema = cluster.millrace({"schema", "get"});
  CHECK(holds(schema.out, "module first"));
  CHECK_FALSE(holds(schema.out, "module second"));
}

TEST_CASE("the history is found by module, author and time, and its index is made anew when lost") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  deploy(cluster, "second");
  const auto history = [&](Words words) {
    words.insert(words.begin(), {"schema", "history", "--limit", "1000"});
    return cluster.millrace(words);
  };
  // A deploy that waited ends before its changeset does.
  REQUIRE(eventually([&] {
    return cluster.millrace({"changeset", "list", "--active"}).out.find("chs-") ==
           std::string::npos;
  }));
  const auto second = history({"--module", "second"});
  CHECK(holds(second.out, "created with dpl-second-"));
  CHECK(holds(second.out, "finalized"));
  CHECK_FALSE(holds(second.out, "dpl-first-"));
  CHECK(history({"second"}).out == second.out);
  const std::string author = "(as nobody)";
  CHECK(history({"--author", author}).out.empty());
  CHECK(history({"--since", "1h"}).out == history({}).out);
  CHECK(history({"--since", "2100-01-01"}).out.empty());
  const auto wrong = history({"--since", "yesterday"});
  CHECK(wrong.exit_code == 1);
  CHECK(holds(wrong.err, "7d"));
  CHECK(holds(cluster.millrace({"schema", "history", "--limit", "2"}).out,
              "there is more: --before "));
  const std::string whole = history({}).out;
  stop(cluster);

  const std::string index = cluster.data() + "/schema/history.db";
  REQUIRE(fs::exists(index));
  for (const bool garbage : {false, true}) {
    if (garbage)
      write_file(index, std::string(20'000, 'x'));
    else
      fs::remove(index);
    cluster.start();
    REQUIRE(cluster.ready());
    CHECK(history({}).out == whole);
    CHECK(history({"--module", "second"}).out == second.out);
    stop(cluster);
  }
}
