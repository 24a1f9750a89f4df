#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "tests/console/system.hpp"

using namespace millrace;
using nlohmann::json;
using test::EventStream;
using test::eventually;
using test::System;

namespace {

const char* const hello_text = "module hello { export verb hi(Unit) Unit  verb lo(Unit) Unit }";

json overview(const System& system) { return json::parse(system.get("/api/overview").body); }

statekit::TimelineEvent call_of(const std::string& verb) {
  statekit::TimelineEvent event;
  event.time_ms = 1;
  statekit::CallEvent call;
  call.module = "hello";
  call.verb = verb;
  call.outcome = "ok";
  event.what = call;
  return event;
}

std::string subjects(const System& system) {
  std::string out;
  const json activity = json::parse(system.get("/api/timeline").body);
  for (const json& event : activity["events"]) out += event["subject"].get<std::string>() + " ";
  return out;
}

}  // namespace

TEST_CASE("a deploy shows in the overview and on every open page") {
  System system;
  EventStream page(system.console_address());
  REQUIRE(page.hears("event: overview"));
  REQUIRE(page.hears("event: activity"));
  system.deploy(hello_text);
  CHECK(page.hears("event: overview"));
  CHECK(page.hears("\"name\":\"hello\""));
  CHECK(page.hears("\"phase\":\"preparing\",\"active\":true"));
  CHECK(eventually([&] { return overview(system)["modules"].size() == 1; }));
  const json module = json::parse(system.get("/api/modules/hello").body);
  CHECK(module["module"]["verbs"].size() == 2);
  CHECK(module["schema"].get<std::string>().find("export verb hi(Unit) Unit") != std::string::npos);
}

TEST_CASE("the status comes each second and names the console among the followers") {
  System system;
  EventStream page(system.console_address());
  CHECK(page.hears("event: status"));
  CHECK(page.hears("\"kind\":\"console\",\"instance\":\"console-under-test\""));
  CHECK(page.hears("event: status"));
  CHECK(eventually([&] { return system.console_ready(); }));
}

TEST_CASE("the overview names the schema service, since when it is there and that it is ready") {
  System system;
  CHECK(eventually([&] {
    const json replicas = overview(system)["status"]["replicas"];
    return replicas.size() == 1 && replicas[0]["state"] == "ready";
  }));
  const json replica = overview(system)["status"]["replicas"][0];
  CHECK(replica["address"] == system.schema_address());
  CHECK(replica["state"] == "ready");
  CHECK(replica["reasons"].empty());
  CHECK(replica["writer"] == true);
  CHECK(replica["sinceMs"] != "0");
}

TEST_CASE("calls show as they happen") {
  System system;
  system.happen(call_of("before"));
  CHECK(eventually([&] { return subjects(system) == "hello.before "; }));
  EventStream page(system.console_address());
  CHECK(page.hears("\"subject\":\"hello.before\""));
  system.happen(call_of("after"));
  CHECK(page.hears("\"subject\":\"hello.after\""));
  CHECK(eventually([&] { return subjects(system) == "hello.after hello.before "; }));
}

TEST_CASE("after the timeline's stream broke nothing is missing and nothing is twice") {
  System system;
  system.happen(call_of("one"));
  CHECK(eventually([&] { return subjects(system) == "hello.one "; }));
  system.break_timeline();
  system.happen(call_of("two"));
  CHECK(eventually([&] { return subjects(system) == "hello.two hello.one "; }));
}

TEST_CASE("a timeline that began anew replaces what was shown") {
  System system;
  system.happen(call_of("old"));
  CHECK(eventually([&] { return subjects(system) == "hello.old "; }));
  system.restart_timeline();
  system.happen(call_of("new"));
  CHECK(eventually([&] { return subjects(system) == "hello.new "; }));
}

TEST_CASE("G5: while the schema service is away the page shows the last state and says so") {
  System system;
  system.deploy(hello_text);
  CHECK(eventually([&] { return overview(system)["modules"].size() == 1; }));
  system.stop_schema();
  CHECK(eventually([&] { return overview(system)["status"]["feed"]["state"] == "stale"; }));
  const json shown = overview(system);
  CHECK(shown["modules"].size() == 1);
  CHECK_FALSE(shown["status"]["feed"]["reason"].get<std::string>().empty());
  CHECK(eventually(
      [&] { return !overview(system)["status"]["followersError"].get<std::string>().empty(); }));
  CHECK(system.console_ready());
}

TEST_CASE("a stop ends the open pages' streams") {
  System system;
  EventStream page(system.console_address());
  REQUIRE(page.hears("event: overview"));
  system.stop_console();
  CHECK(page.ends());
}

TEST_CASE("the overview and a module are told as they were, with who made it so and why") {
  System system;
  system.deploy(hello_text);
  REQUIRE(eventually([&] { return overview(system)["modules"].size() == 1; }));
  const std::string then = overview(system)["status"]["feed"]["revision"];
  system.deploy("module hello2 { data Thing { name String } }");
  REQUIRE(eventually([&] { return overview(system)["modules"].size() == 2; }));
  const json past = json::parse(system.get("/api/overview?at=" + then).body);
  CHECK(past["modules"].size() == 1);
  CHECK(past["past"]["revision"] == then);
  CHECK(past["status"]["feed"]["revision"] == then);
  CHECK(past["status"]["followers"].empty());
  CHECK(past["status"]["replicas"].empty());
  const json first = json::parse(system.get("/api/overview?at=1").body);
  CHECK(first["past"]["author"] == "ada");
  CHECK(first["past"]["changes"][0].get<std::string>().find(" created with dpl-hello-") !=
        std::string::npos);
  CHECK(json::parse(system.get("/api/modules/hello?at=1").body)["module"]["state"] == "preparing");
  const auto missing = system.get("/api/modules/hello2?at=1");
  CHECK(missing.status == 404);
  CHECK(missing.body.find("no module is called hello2 at revision 1") != std::string::npos);
  // The present is as it was, and without a past.
  CHECK(overview(system)["modules"].size() == 2);
  CHECK_FALSE(overview(system).contains("past"));
}

TEST_CASE("a revision that is not there yet, or cannot be asked for now, is told apart") {
  System system;
  system.deploy(hello_text);
  REQUIRE(eventually([&] { return overview(system)["modules"].size() == 1; }));
  const auto early = system.get("/api/overview?at=99999");
  CHECK(early.status == 404);
  CHECK(early.body.find("there is no revision 99999 yet") != std::string::npos);
  for (const char* wrong : {"0", "-1", "x", "1&at=2", "", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(system.get(std::string("/api/overview?at=") + wrong).status == 400);
  }
  REQUIRE(system.get("/api/overview?at=1").status == 200);
  system.stop_schema();
  CHECK(system.get("/api/overview?at=2").status == 503);
  // What was asked before is kept.
  CHECK(system.get("/api/overview?at=1").status == 200);
  CHECK(overview(system)["modules"].size() == 1);
}
