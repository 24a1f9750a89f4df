// Bad input, as a user gives it: each gets a clear error that says what to do, and nothing is lost.
#include "e2e/cluster.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {
bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
}  // namespace

TEST_CASE("a schema that does not parse is refused with file, line, column and rule") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string file = cluster.folder().path("bad.schema");
  write_file(file, "module bad {\n  data X {\n    name Strin g\n  }\n  verb ( Unit\n}\n");
  const auto deploy = cluster.millrace({"deploy", file});
  CHECK(deploy.exit_code == 1);
  CHECK(holds(deploy.err, file + ":4:3: error[syntax]"));
  const auto check = cluster.millrace({"schema", "check", file, "--output", "json"});
  CHECK(check.exit_code == 1);
  CHECK(holds(check.out, "\"line\": 4"));
  CHECK(cluster.millrace({"ps"}).out.find("bad") == std::string::npos);
}

TEST_CASE("a schema that parses but does not hold is refused by the service, place by place") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string file = cluster.folder().path("wrong.schema");
  write_file(file, "module wrong {\n  verb a(nowhere.Thing) Unit\n}\n");
  const auto deploy = cluster.millrace({"deploy", file});
  CHECK(deploy.exit_code == 1);
  CHECK(holds(deploy.err, "wrong.schema:2:10: error[unknown-ref]"));
}

TEST_CASE("a module that another changeset holds is refused, and the holder is named") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto first = cluster.millrace(
      {"deploy", source("examples/time/time.schema"), "--build", "one", "--output", "json"});
  REQUIRE(first.exit_code == 0);
  const std::string key = first.out.substr(first.out.find("chs-"), 14);
  const auto second =
      cluster.millrace({"deploy", source("examples/time/time.schema"), "--build", "two"});
  CHECK(second.exit_code == 1);
  CHECK(holds(second.err, key));
  CHECK(cluster.millrace({"changeset", "rollback", key, "--reason", "test"}).exit_code == 0);
  CHECK(eventually([&] {
    return cluster.millrace({"deploy", source("examples/time/time.schema"), "--build", "two"})
               .exit_code == 0;
  }));
}

TEST_CASE("a deploy whose module never answers rolls back with the reason, the old one untouched") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  REQUIRE(time->says("is live"));
  const auto deploy = cluster.millrace({"deploy", source("examples/time/time.schema"), "--build",
                                        "silent", "--deadline", "1s", "--wait"});
  CHECK(deploy.exit_code == 1);
  CHECK(holds(deploy.err, " failed: "));
  CHECK(cluster.comes_to({"call", "time.now"}));
  CHECK(holds(cluster.millrace({"ps", "--all"}).out, "failed"));
}

TEST_CASE("a deploy that waits longer than its timeout ends with 2 and says for whom") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto deploy = cluster.millrace(
      {"deploy", source("examples/time/time.schema"), "--wait", "--timeout", "2s"});
  CHECK(deploy.exit_code == 2);
  CHECK(holds(deploy.err, "live endpoints of dpl-time-"));
}

TEST_CASE("a plan changes nothing and a module without verbs needs no endpoint") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string file = cluster.folder().path("types.schema");
  write_file(file, "module types {\n  export data Point {\n    x Int\n  }\n}\n");
  const auto plan = cluster.millrace({"deploy", file, "--plan"});
  CHECK(plan.exit_code == 0);
  CHECK(holds(plan.out, "types"));
  CHECK_FALSE(holds(cluster.millrace({"ps"}).out, "types"));
  const auto deploy = cluster.millrace({"deploy", file, "--wait", "--output", "json"});
  CHECK(deploy.exit_code == 0);
  CHECK(holds(cluster.millrace({"ps"}).out, "canonical"));
  CHECK(holds(cluster.millrace({"deploy", file, "--wait"}).out, "deployed already"));
  const std::string more = cluster.folder().path("more.schema");
  write_file(more, "module more {\n  data Line {\n    ends [types.Point]\n  }\n}\n");
  CHECK(cluster.millrace({"schema", "compat", "now", more}).exit_code == 0);
  CHECK(cluster.millrace({"schema", "diff", "now", more}).out ==
        "+ more: the module is new\n1 change, 0 breaking\n");
  const auto alone = cluster.millrace({"schema", "diff", "now", more, "--whole"});
  CHECK(alone.exit_code == 1);
  CHECK(holds(alone.err, "more.schema:3:11: error[unknown-ref]"));
  CHECK(cluster.millrace({"deploy", "--remove", "types", "--wait"}).exit_code == 0);
  CHECK_FALSE(holds(cluster.millrace({"schema", "get"}).out, "types"));
}

TEST_CASE(
    "JSON of the wrong shape is refused with every fault, on the command line and over HTTP") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  const auto echo = cluster.example("echo");
  const auto greeter = cluster.example("greeter");
  REQUIRE(cluster.answers("/echo?name=Ada"));
  REQUIRE(greeter->says("is live"));
  const auto call = cluster.millrace({"call", "echo.echo", R"({"name":{},"nam":1})"});
  CHECK(call.exit_code == 1);
  CHECK(holds(call.err, "/name: wanted String"));
  CHECK(holds(call.err, "/nam"));
  const std::vector<millrace::httpkit::Header> json{{"content-type", "application/json"}};
  REQUIRE(eventually(
      [&] { return cluster.http("POST", "/greet", R"({"name":"Ada"})", json).status == 201; }));
  const auto response = cluster.http("POST", "/greet", R"({"times":"many"})", json);
  CHECK(response.status == 400);
  CHECK(holds(response.body, "/name"));
  CHECK(holds(response.body, "/times"));
  const auto broken = cluster.http("POST", "/greet", R"({"name")", json);
  CHECK(broken.status == 400);
}

TEST_CASE("a body over the limit, an unknown route and a wrong method are told apart") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto greeter = cluster.example("greeter");
  REQUIRE(greeter->says("is live"));
  const std::vector<millrace::httpkit::Header> json{{"content-type", "application/json"}};
  REQUIRE(eventually(
      [&] { return cluster.http("POST", "/greet", R"({"name":"Ada"})", json).status == 201; }));
  const std::string large(8 << 20, 'x');
  CHECK(cluster.http("POST", "/greet", '"' + large + '"', json).status == 413);
  CHECK(cluster.http("GET", "/nowhere").status == 404);
  CHECK(cluster.http("PUT", "/greet", "{}", json).status == 405);
}

TEST_CASE("commands say where they looked when nothing is there") {
  const Environment nowhere{{"MILLRACE_CLI_SCHEMA", "127.0.0.1:1"},
                            {"MILLRACE_CLI_ROUTING", "127.0.0.1:1"},
                            {"MILLRACE_CLI_TIMELINE", "127.0.0.1:1"}};
  for (const Words& words : {Words{"ps"}, Words{"status"}, Words{"schema", "get"},
                             Words{"timeline", "query"}, Words{"call", "a.b", "--unchecked"}}) {
    CAPTURE(words);
    Words all{binary("millrace")};
    all.insert(all.end(), words.begin(), words.end());
    const auto outcome = run(all, nowhere);
    CHECK(outcome.exit_code == 2);
    CHECK(holds(outcome.err, "cannot be reached at 127.0.0.1:1: is `millrace serve` running?"));
  }
}

TEST_CASE("what cannot be written ends a command with 2 and says so") {
  const std::string millrace = binary("millrace");
  for (const std::string& words :
       Words{"version", "--help", "deploy --help", "completion bash", "serve --help",
             "schema check " + source("examples/time/time.schema") + " --output json",
             "schema fmt - < " + source("examples/time/time.schema")}) {
    INFO(words);
    const Outcome full = run({"/bin/sh", "-c", millrace + " " + words + " > /dev/full"});
    CHECK(full.exit_code == 2);
    CHECK(holds(full.err, "could not be written"));
  }
}
