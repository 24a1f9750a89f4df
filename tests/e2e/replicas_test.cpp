// A cluster of real processes while the schema services in it die.
#include <signal.h>

#include <chrono>

#include "e2e/cluster.hpp"
#include "e2e/fleet.hpp"
#include "support/catch.hpp"
#include "support/etcd_server.hpp"

using namespace millrace::e2e;

namespace {

std::string journal(const std::string& workspace) {
  return "etcd://" + millrace::test::shared_etcd().endpoints() + "/" + workspace;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string file_with(const Fleet& fleet, const std::string& module) {
  const std::string path = fleet.folder().path(module + ".schema");
  write_file(path, "module " + module + " { data Thing { name String } }\n");
  return path;
}

}  // namespace

TEST_CASE("deploy goes on waiting at another replica when the one it talks to is killed") {
  Fleet fleet(journal("deploy"));
  const auto deploy =
      fleet.start({"deploy", source("examples/time/time.schema"), "--build", "one", "--wait"});
  // Nothing serves it yet, so it waits.
  REQUIRE(eventually([&] {
    return contains(fleet.millrace({"changeset", "list"}, fleet.schema_address(1)).out,
                    "preparing");
  }));
  fleet.kill(0);
  const auto time = fleet.example("time", {"--build", "one"});
  CHECK(deploy->wait(60) == 0);
  INFO(deploy->output());
  CHECK(contains(deploy->output(), "changeset chs-"));
  CHECK(fleet.millrace({"call", "time.now"}).exit_code == 0);

  // Acknowledged at one replica, so a linearizable read at another has it, though that one was
  // paused meanwhile and is behind when it is asked.
  fleet.schema(2).signal(SIGSTOP);
  const auto written =
      fleet.millrace({"deploy", file_with(fleet, "late")}, fleet.schema_address(1));
  INFO(written.err);
  REQUIRE(written.exit_code == 0);
  const std::string key = written.out.substr(written.out.find("chs-"), 14);
  Process read(fleet.words({"changeset", "show", key, "--linearizable"}, fleet.schema_address(2)),
               fleet.folder().path("read"));
  fleet.schema(2).signal(SIGCONT);
  CHECK(read.wait() == 0);
  CHECK(contains(read.output(), key));
}

TEST_CASE(
    "G5: the first of the schema addresses dies, and modules, routing, ingress and the command "
    "line go on with the next") {
  Fleet fleet(journal("lists"));
  const auto time = fleet.example("time");
  const auto echo = fleet.example("echo");
  REQUIRE(eventually([&] { return fleet.status_of("/echo?name=Ada") == 200; }));
  REQUIRE(eventually([&] {
    return !contains(fleet.millrace({"changeset", "list", "--active"}).out, "chs-");
  }));
  const std::string before = fleet.millrace({"schema", "history", "--limit", "1"}).out;
  fleet.kill(0);
  REQUIRE(time->says("lost the schema service"));
  // Leases move: nothing is journalled for it, and no call fails, for two leases and more.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(4'500);
  bool answered = true;
  while (std::chrono::steady_clock::now() < end)
    answered = fleet.status_of("/echo?name=Ada") == 200 && answered;
  CHECK(answered);
  CHECK(fleet.millrace({"schema", "history", "--limit", "1"}).out == before);
  for (const auto* module : {&time, &echo}) {
    const std::string said = (*module)->output();
    INFO(said);
    CHECK(said.find("registered as") != said.rfind("registered as"));
  }
  // Routing and ingress follow another replica: a deploy waits until both have it.
  const auto deployed = fleet.millrace({"deploy", file_with(fleet, "next"), "--wait"});
  INFO(deployed.err);
  CHECK(deployed.exit_code == 0);
  const std::string status = fleet.millrace({"status"}).out;
  INFO(status);
  CHECK(contains(status, fleet.schema_address(1)));
  CHECK(contains(status, fleet.schema_address(2)));
  CHECK_FALSE(contains(status, fleet.schema_address(0)));
  // One of two routings dies too: ingress has the other carry the calls.
  fleet.routing(0).signal(SIGKILL);
  REQUIRE(fleet.routing(0).wait() == 128 + SIGKILL);
  CHECK(eventually([&] { return fleet.status_of("/echo?name=Ada") == 200; }));
  for (int i = 0; i < 20; ++i) CHECK(fleet.status_of("/echo?name=Ada") == 200);
  // What processes warned of is in the timeline, with their names: of the deaths, who was connected
  // to the dead.
  std::string lines;
  const auto told = [&](const std::string& name) {
    return contains(lines, "process=millrace-" + name);
  };
  const bool warned = eventually([&] {
    lines = fleet.millrace({"logs"}).out;
    return told("schema") + told("routing") + told("ingress") + told("timeline") >= 2;
  });
  INFO(lines);
  CHECK(warned);
}

TEST_CASE(
    "G5: a schema service that is silent without being dead takes no endpoint with it, since "
    "modules and followers go on with the next") {
  Fleet fleet(journal("silent"));
  const auto time = fleet.example("time");
  const auto echo = fleet.example("echo");
  REQUIRE(eventually([&] { return fleet.status_of("/echo?name=Ada") == 200; }));
  const std::string& next = fleet.schema_address(1);
  REQUIRE(eventually([&] {
    return !contains(fleet.millrace({"changeset", "list", "--active"}, next).out, "chs-");
  }));
  const std::string before = fleet.millrace({"schema", "history", "--limit", "1"}, next).out;
  fleet.schema(0).signal(SIGSTOP);
  // Each call is answered for two leases and more, and until both modules are with another.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(4'500);
  const auto moved = [](const Process& module) {
    const std::string said = module.output();
    return said.find("registered as") != said.rfind("registered as");
  };
  bool answered = true;
  CHECK(eventually([&] {
    answered = fleet.status_of("/echo?name=Ada") == 200 && answered;
    return std::chrono::steady_clock::now() > end && moved(*time) && moved(*echo);
  }));
  INFO(time->output());
  CHECK(answered);
  CHECK(contains(time->output(), "has said nothing for"));
  CHECK(fleet.millrace({"schema", "history", "--limit", "1"}, next).out == before);
  // Routing and ingress have moved too, and the command line passes over the silent one.
  const auto deployed = fleet.millrace({"deploy", file_with(fleet, "next"), "--wait"});
  INFO(deployed.err);
  CHECK(deployed.exit_code == 0);
}
