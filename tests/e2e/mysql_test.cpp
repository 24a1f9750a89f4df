// A journal in a real MariaDB, with the binaries as an operator uses them: moved there and back,
// served by two, out of reach.
#include "e2e/killed_fill.hpp"
#include "e2e/steps.hpp"
#include "support/catch.hpp"
#include "support/mysql_server.hpp"

using namespace millrace;
using namespace millrace::e2e;

namespace {

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

}  // namespace

TEST_CASE("G9: a journal is moved into a database and back, and is the same in both") {
  const std::string there = test::shared_mysql().url("prod");
  Cluster before;
  REQUIRE(before.ready());
  deploy(before, "first");
  const std::string here = "sqlite:" + before.data() + "/schema/journal.db";
  stop(before);
  const auto old = identity(here);
  const auto dry = storage({"migrate", "--data", before.data(), "--to", there, "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(test::shared_mysql().sql("SHOW TABLES FROM millrace").empty());
  const auto moved = storage({"migrate", "--data", before.data(), "--to", there});
  INFO(moved.err);
  CHECK(moved.exit_code == 0);
  CHECK(holds(moved.out, "set schema.journal to " + there));
  CHECK(identity(there) == old);

  Cluster in_database({"--schema.journal=" + there, "--schema.snapshot_interval=3"});
  REQUIRE(in_database.ready());
  CHECK(holds(in_database.millrace({"schema", "history", "--module", "first"}).out, "dpl-first-"));
  deploy(in_database, "second");
  deploy(in_database, "third");
  const std::string grown = in_database.millrace({"schema", "get"}).out;
  const std::string copy = before.folder().path("backup.db");
  CHECK(storage({"backup", copy, "--journal", there}).exit_code == 0);
  CHECK(storage({"verify", copy}).exit_code == 0);
  stop(in_database);
  CHECK(identity(here) == old);
  const Words compact = {"compact", "--keep", "2", "--journal", there, "--output", "json"};
  CHECK(fact(storage(compact), "dropped") != "\"dropped\": 0");
  CHECK(fact(storage(compact), "dropped") == "\"dropped\": 0");
  CHECK(fact(storage({"info", "--journal", there, "--output", "json"}), "snapshots") !=
        "\"snapshots\": 0");

  const std::string back = "sqlite:" + before.folder().path("back.db");
  const auto returned = storage({"migrate", "--journal", there, "--to", back});
  INFO(returned.err);
  CHECK(returned.exit_code == 0);
  CHECK(identity(back) == identity(there));
  Cluster after({"--schema.journal=" + back});
  REQUIRE(after.ready());
  CHECK(after.millrace({"schema", "get"}).out == grown);
}

TEST_CASE("two schema services on one database know each other and hand writes on") {
  const std::string url = test::shared_mysql().url("two");
  Cluster cluster({"--schema.journal=" + url});
  REQUIRE(cluster.ready());
  const Folder folder;
  test::Process other({binary("millrace-schema"), "--data=" + folder.path("data"),
                       "--schema.listen=127.0.0.1:0", "--schema.http_listen=127.0.0.1:0",
                       "--schema.health_listen=127.0.0.1:0", "--schema.journal=" + url},
                      folder.path("log"));
  const std::string at = other.logged("schema.started listen=");
  INFO(other.log());
  REQUIRE_FALSE(at.empty());
  const auto asked = [&](Words words) {
    words.insert(words.begin(), binary("millrace"));
    words.insert(words.end(), {"--schema", at});
    return run(words);
  };
  REQUIRE(eventually([&] {
    return holds(asked({"status"}).out,
                 "127.0.0.1:" + std::to_string(cluster.port("schema.listen")));
  }));
  deploy(cluster, "here");
  CHECK(eventually([&] { return holds(asked({"schema", "get"}).out, "module here"); }));
  CHECK(holds(asked({"schema", "get", "here", "--linearizable"}).out, "module here"));
  write_file(folder.path("there.schema"), "module there { data Thing { name String } }\n");
  const auto written = asked({"deploy", folder.path("there.schema")});
  INFO(written.err);
  CHECK(written.exit_code == 0);
  CHECK(holds(cluster.millrace({"schema", "get", "--linearizable"}).out, "module there"));
  other.kill();
  deploy(cluster, "alone");
}

TEST_CASE(
    "a database out of reach is told everywhere, reads and the feed go on, and it comes back") {
  test::MysqlServer server;
  Cluster cluster({"--schema.journal=" + server.url("prod")});
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  server.kill();
  const std::string words = "mysql " + server.endpoint() + ": it cannot be reached";
  CHECK(try_deploy(cluster, "second").exit_code == 2);
  CHECK(eventually([&] { return holds(readyz(cluster), words); }));
  const auto status = cluster.millrace({"status"});
  CHECK(status.exit_code == 1);
  CHECK(holds(status.out, words));
  CHECK(holds(cluster.millrace({"schema", "get", "first"}).out, "module first"));
  server.restart();
  CHECK(eventually([&] { return cluster.millrace({"status"}).exit_code == 0; }));
  CHECK(eventually([&] { return try_deploy(cluster, "second").exit_code == 0; }));
}

TEST_CASE("G9: a restore into a database that is killed leaves a journal that nobody serves") {
  auto& server = test::shared_mysql();
  check_killed_restores({server.port(), [&](const std::string& at, const std::string& workspace) {
                           return server.url(workspace, at);
                         }});
}

TEST_CASE("what is moved out of a database is refused while schema services use it") {
  const std::string url = test::shared_mysql().url("used");
  Cluster cluster({"--schema.journal=" + url, "--schema.advertise=replica-one:8892"});
  REQUIRE(cluster.ready());
  const std::string moved = cluster.folder().path("moved.db");
  Outcome refused;
  REQUIRE(eventually([&] {
    refused = storage({"migrate", "--journal", url, "--to", "sqlite:" + moved});
    return refused.exit_code != 0;
  }));
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "replica-one:8892"));
  stop(cluster);
  CHECK(storage({"migrate", "--journal", url, "--to", "sqlite:" + moved}).exit_code == 0);
}
