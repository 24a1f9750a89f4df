// The frozen formats of --output json: each is compared with a fixture that only ever grows keys.
#include "cli/json.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::cli;

namespace {

// With MILLRACE_REWRITE=1 the fixtures are written anew, to be read before they are kept.
void check_fixture(const std::string& name, const std::string& json) {
  const char* folder = std::getenv("MILLRACE_FIXTURES");
  REQUIRE(folder != nullptr);
  const std::string path = std::string(folder) + "/" + name + ".json";
  if (std::getenv("MILLRACE_REWRITE") != nullptr) std::ofstream(path) << json << '\n';
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  CHECK(json + "\n" == text.str());
}

const statekit::Position position{"0123456789abcdef0123456789abcdef", 42, {}};

schema::Changeset changeset() {
  schema::Changeset changeset;
  changeset.key = "chs-0123456789";
  changeset.phase = schema::ChangesetPhase::rolling_back;
  changeset.deployments = {"dpl-echo-0123456789"};
  changeset.removed_modules = {"old"};
  changeset.replaced = {"dpl-echo-9876543210"};
  changeset.author = "ada";
  changeset.reason = "a new greeting";
  changeset.failure = "not prepared within 1m";
  changeset.created_ms = 1'795'000'000'007;
  changeset.created_revision = 40;
  changeset.phase_revision = 41;
  return changeset;
}

FollowerReport follower() { return {"routing", "routing-1", 41, 1, 250, true, false}; }

PlannedChange change() {
  return {"echo.Said.text",
          "type-changed",
          "both",
          true,
          "changed-type",
          "Int",
          "String",
          "Int is now String",
          "callers send Int, which String does not take",
          {{"calls", "time.tell", "echo.say", true}, {"over-http", "", "POST /say", true}}};
}

ConfigEntry config_entry() {
  return {"shop", "limits", "shop.Limits", R"({"most":7})",   true,
          "why",  12,       "ada",         1'795'000'000'007, {}};
}

}  // namespace

TEST_CASE("the JSON of secrets keeps its keys") {
  const SecretEntry set{"shop",  "api_key", "String",          true, false, 12, "0123456789abcdef",
                        "key-a", "ada",     1'795'000'000'007, {}};
  const SecretEntry none{"shop", "other", "String", false, false, 0, "", "", "", 0, {}};
  check_fixture("secret_list", to_json(SecretReport{{set, none}, position}));
  check_fixture("secret_change", to_json(position));
  check_fixture(
      "secret_rotate",
      to_json(RotateReport{"key-b", 3, {{"key-a", 1}}, {"key-0"}, {"shop.x: why"}, position}));
}

TEST_CASE("the JSON of config keeps its keys") {
  ConfigEntry all{"", "currency", "", "\"EUR\"", false, "", 11, "ada", 1'795'000'000'000, {"cart"}};
  ConfigEntry none{"shop", "title", "String", {}, false, "", 0, "", 0, {}};
  check_fixture("config_list", to_json(ConfigReport{{all, config_entry(), none}, position}));
  check_fixture("config_get", to_json(config_entry()));
  check_fixture("config_change", to_json(ConfigAnswer{{"shop.title: set to \"x\""}, position}));
}

TEST_CASE("the format of ping is frozen") {
  check_fixture("ping", to_json({{"schema", "127.0.0.1:8892", true, true, "0.1.0", {}},
                                 {"ingress", "127.0.0.1:9891", false, false, "", {"refused"}}}));
}

TEST_CASE("the format of status is frozen") {
  check_fixture("status", to_json(StatusReport{position,
                                               {follower()},
                                               "0.1.0",
                                               1,
                                               "sqlite:a.db",
                                               30,
                                               1,
                                               false,
                                               {"replaying"},
                                               {"etcd a:1: it uses 1434 MiB of its quota"},
                                               {{"0a",
                                                 "127.0.0.1:8892",
                                                 42,
                                                 true,
                                                 true,
                                                 2,
                                                 3,
                                                 1'700'000'000'000,
                                                 "not-ready",
                                                 {"replaying"}}}}));
}

TEST_CASE("the format of ps is frozen") {
  DeploymentsReport report;
  auto module = std::make_shared<schema::Module>();
  module->name = "echo";
  schema::Deployment deployment;
  deployment.key = "dpl-echo-0123456789";
  deployment.schema = module;
  deployment.build = "b1";
  deployment.changeset = "chs-0123456789";
  deployment.phase = schema::DeploymentPhase::canonical;
  deployment.created_revision = 40;
  report.deployments = {deployment};
  report.endpoints = {{"ept-a", deployment.key, "127.0.0.1:7000", "run-a", true, true, 41},
                      {"ept-b", "dpl-other", "127.0.0.1:7001", "run-b", true, true, 41}};
  report.position = position;
  check_fixture("ps", to_json(report));
}

TEST_CASE("the format of schema history is frozen") {
  check_fixture(
      "history",
      to_json(HistoryReport{
          {{41, 1'795'000'000'007, "ada", "why", {"changeset chs-a committed"}, {"echo"}}},
          position,
          41,
          7,
          false}));
}

TEST_CASE("the formats of changeset list and show are frozen") {
  check_fixture("changeset", to_json(ChangesetReport{changeset(), {follower()}, position}));
  check_fixture("changesets", to_json(ChangesetList{{changeset()}, position}));
}

TEST_CASE("the format of deploy is frozen") {
  DeployAnswer answer{
      "chs-0123456789", {{"echo", "dpl-echo-0123456789", false}}, {"echo: a new module"}, position};
  answer.changes = {change()};
  answer.breaks = {"echo.Said.text: Int is now String [changed-type]: time.tell calls echo.say"};
  check_fixture("deploy", to_json(answer, "committed"));
}

TEST_CASE("the format of schema diff and schema compat is frozen") {
  check_fixture("changes", to_json({change()}));
}

TEST_CASE("the format of call is frozen, for answers and errors") {
  check_fixture("call",
                to_json(CallAnswer{false, R"({"message":"hi","n":9007199254740993})", "", "", ""}));
  check_fixture("call_error",
                to_json(CallAnswer{true, "", "out-of-stock", "none left", R"({"left":0})"}));
}

TEST_CASE("the format of diagnostics is frozen") {
  check_fixture("diagnostics", to_json(std::vector<schema::Diagnostic>{
                                   {{"echo.schema", 3, 7}, "unknown-ref", "there is no `x`"}}));
}

TEST_CASE("the format of timeline query is frozen, and one of its events fits a line") {
  TimelineEvent event;
  event.json = R"({"id": "7",
    "call": {"outcome": "ok"}})";
  check_fixture("timeline", to_json(TimelinePage{{event}, 1, 2}));
  CHECK(json_line(event) == R"({"id":"7","call":{"outcome":"ok"}})");
}

TEST_CASE("the format of audit is frozen, and says what is missing") {
  AuditEntry change{1'700'000'000'000, "ada", "echo deployed", "", "a fix", 7, ""};
  AuditEntry denied{
      1'700'000'001'000, "bob (token b)", "Deploy", "ipv4:10.0.0.1:1", "may not", 0, "12"};
  denied.event = "access.denied";
  denied.modules = "bank shop";
  denied.lost_before = "3";
  AuditEntry read{1'700'000'002'000, "eve", "secret shop.key read", "", "to look", 0, "", true};
  read.event = "audit.secret-read";
  AuditReport report{
      {read, denied, change}, AuditKept{1, 1'600'000'000'000, 2, 0, "full"}, true, 5};
  check_fixture("audit", to_json(report));
}

TEST_CASE("the format of version is frozen") { check_fixture("version", version_json("0.1.0")); }

TEST_CASE("octets that are no UTF-8 do not break a document") {
  CHECK(to_json(CallAnswer{true, "", "bad", "\xff", ""}).find("bad") != std::string::npos);
}
