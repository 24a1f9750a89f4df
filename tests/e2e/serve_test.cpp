// `millrace serve`: starts, says where it is, refuses clearly, survives kill -9.
#include <signal.h>

#include "e2e/cluster.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

TEST_CASE("serve starts all five services, says where they are and ends at SIGTERM with 0") {
  Cluster cluster;
  REQUIRE(cluster.serve().says("serve.ready"));
  CHECK(cluster.serve().output().find("ingress=http://" + cluster.ingress()) != std::string::npos);
  CHECK(cluster.ready());
  cluster.serve().signal(SIGTERM);
  CHECK(cluster.serve().wait() == 0);
}

TEST_CASE("G1: what was deployed is there after kill -9 of serve, and calls go on") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  const auto echo = cluster.example("echo");
  REQUIRE(cluster.answers("/echo?name=Ada"));
  const auto before = cluster.millrace({"schema", "get"});
  REQUIRE(before.exit_code == 0);
  cluster.serve().signal(SIGKILL);
  cluster.serve().wait();
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(cluster.millrace({"schema", "get"}).out == before.out);
  CHECK(cluster.answers("/echo?name=Ada"));
}

TEST_CASE("a port in use ends serve with 2, the port and the setting that changes it") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  Words words = cluster.serve_words();
  words[3] = cluster.folder().path("other-data");
  const auto second = run(words);
  CHECK(second.exit_code == 2);
  CHECK(second.err.find("schema.") != std::string::npos);
  CHECK(second.err.find(":" + std::to_string(cluster.port("schema.health_listen"))) !=
        std::string::npos);
}

TEST_CASE("a corrupt database ends serve with 2 and the file is named") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  cluster.serve().signal(SIGTERM);
  REQUIRE(cluster.serve().wait() == 0);
  write_file(cluster.data() + "/schema/journal.db", "this is no database, whatever its name says");
  const auto refused = run(cluster.serve_words());
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("journal.db") != std::string::npos);
}

TEST_CASE(
    "G9: a database of a newer format ends serve with 2, and not one octet of it is written") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  cluster.serve().signal(SIGTERM);
  REQUIRE(cluster.serve().wait() == 0);
  const std::string file = cluster.data() + "/schema/journal.db";
  std::string octets = read_file(file);
  REQUIRE(octets.size() > 100);
  octets[63] = 99;  // the last octet of SQLite's user_version, which is the format
  write_file(file, octets);
  const auto refused = run(cluster.serve_words());
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("journal.db") != std::string::npos);
  CHECK(refused.err.find("99") != std::string::npos);
  CHECK(read_file(file) == octets);
}

TEST_CASE("wrong settings end serve with 1, all at once, each with its place") {
  const Folder folder;
  write_file(folder.path("millrace.toml"), "[ingress]\nhttp_listen = 8891\n[routin]\nx = 1\n");
  const auto refused =
      run({binary("millrace"), "serve", "--settings", folder.path("millrace.toml"), "--dat=x"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("millrace.toml:2: ingress.http_listen: wanted host:port") !=
        std::string::npos);
  CHECK(refused.err.find("millrace.toml:3: routin: no such setting; did you mean routing?") !=
        std::string::npos);
  CHECK(refused.err.find("--dat: no such setting; did you mean data?") != std::string::npos);
}

TEST_CASE("one settings file configures all five services") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  cluster.serve().signal(SIGTERM);
  REQUIRE(cluster.serve().wait() == 0);
  std::string text = "data = '" + cluster.data() + "'\n[log]\nformat = 'json'\n";
  for (const char* service : {"schema", "routing", "timeline", "ingress", "console"}) {
    const std::string name(service);
    const bool http = name == "ingress" || name == "console";
    const std::string listen = http ? "http_listen" : "listen";
    text += "[" + name + "]\n";
    for (const std::string& field : {listen, std::string("health_listen")}) {
      text += field + " = '127.0.0.1:" + std::to_string(cluster.port(name + "." + field)) + "'\n";
    }
  }
  write_file(cluster.folder().path("millrace.toml"), text);
  Process serve({binary("millrace"), "serve", "--settings", cluster.folder().path("millrace.toml")},
                cluster.folder().path("log"));
  CHECK(eventually([&] { return cluster.millrace({"ping"}).exit_code == 0; }, 60));
  CHECK(serve.output().starts_with("{"));
  serve.signal(SIGTERM);
  CHECK(serve.wait() == 0);
}
