// `millrace run`: what it does for a program, from the first deploy to the last call.
#include <signal.h>

#include "e2e/cluster.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

std::string changed(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

// A process whose parent is gone may be left unreaped by whoever got it.
bool is_over(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

pid_t program_of(const Process& run) {
  const std::string said = run.output();
  const std::string mark = " as process ";
  return std::stoi(said.substr(said.find(mark) + mark.size()));
}

bool is_preparing(const Cluster& cluster) {
  const std::string list = cluster.millrace({"changeset", "list", "--output", "json"}).out;
  return list.find("\"preparing\"") != std::string::npos;
}

const std::string time_schema = source("examples/time/time.schema");

}  // namespace

TEST_CASE("a program that ends before it is live leaves the module free for the corrected one") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto wrong = cluster.run_module(time_schema, {}, {"false"});
  CHECK(wrong->wait() == 1);
  CHECK(wrong->output().find("rolled back chs-") != std::string::npos);
  CHECK_FALSE(is_preparing(cluster));
  const auto list = cluster.millrace({"changeset", "list", "--output", "json"});
  CHECK(list.out.find("its program ended: exit code 1") != std::string::npos);
  const auto corrected = cluster.example("time", {"--wait-for-deps", "10s"});
  CHECK(corrected->says("is live"));
}

TEST_CASE("a mistyped program is refused before anything is deployed for it") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto mistyped = cluster.run_module(time_schema, {}, {"millrace-no-such-program"});
  CHECK(mistyped->wait() == 1);
  CHECK(mistyped->output().find("cannot start millrace-no-such-program: no folder of PATH") !=
        std::string::npos);
  const auto list = cluster.millrace({"changeset", "list", "--output", "json"});
  CHECK(list.exit_code == 0);
  CHECK(list.out.find("chs-") == std::string::npos);
}

TEST_CASE("SIGTERM before the program is ready gives its changeset up") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto deaf = cluster.run_module(time_schema, {}, {"sleep", "1000"});
  REQUIRE(deaf->says("started sleep"));
  REQUIRE(is_preparing(cluster));
  deaf->signal(SIGTERM);
  CHECK(deaf->wait() == 0);
  CHECK_FALSE(is_preparing(cluster));
}

TEST_CASE("a run that joined leaves the changeset to the run that made it") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto maker = cluster.run_module(time_schema, {"--build", "one"}, {"sleep", "1000"});
  REQUIRE(maker->says("started sleep"));
  const auto joiner = cluster.run_module(time_schema, {"--build", "one"}, {"false"});
  CHECK(joiner->wait() == 1);
  CHECK(joiner->output().find("joins dpl-time-") != std::string::npos);
  CHECK(is_preparing(cluster));
}

TEST_CASE("the endpoint of a program that died is taken out, long before its lease ends") {
  Cluster cluster({"--schema.lease=10m"});
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  REQUIRE(time->says("is live"));
  const Words ps{"ps", "--output", "json"};
  REQUIRE(cluster.millrace(ps).out.find("\"address\"") != std::string::npos);
  kill(program_of(*time), SIGKILL);
  CHECK(time->wait() == 1);
  CHECK(eventually(
      [&] { return cluster.millrace(ps).out.find("\"address\"") == std::string::npos; }));
}

TEST_CASE("run waits for the modules that its module refers to and says which") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto echo = cluster.example("echo");
  REQUIRE(echo->says("waiting for what it refers to"));
  CHECK(echo->output().find("time") != std::string::npos);
  const auto time = cluster.example("time");
  CHECK(echo->says("deployed as dpl-echo-"));
  CHECK(echo->says("is live"));
  CHECK(cluster.answers("/echo?name=Ada"));
}

TEST_CASE("run gives up on what does not come, with what is missing") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto echo = cluster.example("echo", {"--wait-for-deps", "1s"});
  CHECK(echo->wait() == 1);
  CHECK(echo->output().find("error[unknown-ref]") != std::string::npos);
}

TEST_CASE(
    "run hands its program a port, the addresses and its own names, and forwards its lines to its "
    "output and the timeline") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto program =
      cluster.run_module(source("examples/time/time.schema"), {"--port", "0"},
                         {"sh", "-c", "env | grep -E '^(PORT|MILLRACE_RUN_)' | sort; exit 3"});
  CHECK(program->wait() == 1);
  const std::string said = program->output();
  for (const char* name :
       {"time | PORT=", "time | MILLRACE_RUN_HOST=127.0.0.1",
        "time | MILLRACE_RUN_SCHEMA=127.0.0.1:", "time | MILLRACE_RUN_ROUTING=127.0.0.1:",
        "time | MILLRACE_RUN_TIMELINE=127.0.0.1:", "time | MILLRACE_RUN_MODULE=time",
        "time | MILLRACE_RUN_DEPLOYMENT=dpl-time-"}) {
    CAPTURE(name);
    CHECK(said.find(name) != std::string::npos);
  }
  CHECK(said.find("the program ended: exit code 3") != std::string::npos);
  CHECK(eventually([&] {
    const std::string lines = cluster.millrace({"logs", "--module", "time"}).out;
    return lines.find("MILLRACE_RUN_MODULE=time") != std::string::npos;
  }));
}

TEST_CASE("a program is registered under the host that run advertises") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  // Not a name: a bare system resolves none, not even localhost.
  const auto time = cluster.example("time", {"--advertise", "127.0.0.3"});
  REQUIRE(time->says("is live"));
  CHECK(cluster.millrace({"ps"}).out.find(" 127.0.0.3:") != std::string::npos);
  CHECK(cluster.comes_to({"call", "time.now"}));
}

TEST_CASE("run says when a program listens for its own machine only, and others are to reach it") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.run_module(
      time_schema, {"--advertise", "127.0.0.2"},
      {"sh", "-c", "MILLRACE_RUN_HOST=127.0.0.1 exec " + binary("millrace-example-time")});
  CHECK(time->says("but not at 127.0.0.2:"));
}

TEST_CASE("run drains at SIGTERM: the endpoint goes first, then the program, nothing is left") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  REQUIRE(time->says("is live"));
  time->signal(SIGTERM);
  CHECK(time->wait() == 0);
  const std::string said = time->output();
  CHECK(said.find("draining") < said.find("stopped"));
  CHECK(eventually([&] {
    return cluster.millrace({"ps", "--output", "json"}).out.find("\"address\"") ==
           std::string::npos;
  }));
  CHECK(eventually([&] {
    const auto call = cluster.millrace({"call", "time.now"});
    return call.exit_code == 2 && call.err.find("no-endpoint") != std::string::npos;
  }));
}

TEST_CASE("the program itself is asked to end by SIGTERM before it is killed") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto polite = cluster.run_module(
      source("examples/time/time.schema"), {},
      {"sh", "-c", "trap 'echo bye; exit 0' TERM; echo here; sleep 1000 & wait"});
  REQUIRE(polite->says("time | here"));
  polite->signal(SIGTERM);
  CHECK(polite->wait() == 0);
  CHECK(polite->output().find("time | bye") != std::string::npos);
}

TEST_CASE("a program dies with the run that started it, even at kill -9") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  REQUIRE(time->says("is live"));
  const pid_t program = program_of(*time);
  REQUIRE_FALSE(is_over(program));
  time->signal(SIGKILL);
  CHECK(time->wait() == 128 + SIGKILL);
  CHECK(eventually([&] { return is_over(program); }));
}

TEST_CASE("two instances of one build join one deployment") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto first = cluster.example("time");
  REQUIRE(first->says("is live"));
  const auto second = cluster.example("time");
  CHECK(second->says("joins dpl-time-"));
  REQUIRE(second->says("registered as"));
  first->signal(SIGTERM);
  CHECK(first->wait() == 0);
  CHECK(cluster.comes_to({"call", "time.now"}));
}

TEST_CASE("an instance of a replaced build is told so and ends with 1, unless told to redeploy") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto before = cluster.example("time", {"--build", "one"});
  REQUIRE(before->says("is live"));
  const auto after = cluster.example("time", {"--build", "two"});
  REQUIRE(after->says("is live"));
  CHECK(before->says("replaced by a newer deployment"));
  const auto again = cluster.example("time", {"--build", "one"});
  CHECK(again->wait() == 1);
  CHECK(again->output().find("error: ") != std::string::npos);
  const auto redeployed = cluster.example("time", {"--build", "one", "--redeploy"});
  CHECK(redeployed->says("is live"));
}

TEST_CASE("a program that never answers is stopped with the reason once its changeset failed") {
  Cluster cluster({"--log.level=debug"});
  REQUIRE(cluster.ready());
  const auto deaf = cluster.run_module(source("examples/time/time.schema"), {"--deadline", "1s"},
                                       {"sleep", "1000"});
  CHECK(deaf->wait(60) == 1);
  CHECK(deaf->output().find("stopping the program: dpl-time-") != std::string::npos);
}

TEST_CASE("run registers again when the schema service was killed and came back") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const auto time = cluster.example("time");
  REQUIRE(time->says("is live"));
  cluster.serve().signal(SIGKILL);
  cluster.serve().wait();
  REQUIRE(time->says("lost the schema service, trying again"));
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(eventually([&] {
    const std::string said = time->output();
    return said.find("registered as") != said.rfind("registered as");
  }));
  CHECK(cluster.comes_to({"call", "time.now"}));
  CHECK(time->running());
}

TEST_CASE("a file with a fault, without a module or with two is refused before anything starts") {
  Cluster cluster;
  const Folder& folder = cluster.folder();
  write_file(folder.path("two.schema"), "module a {\n}\n\nmodule b {\n}\n");
  write_file(folder.path("bad.schema"),
             changed(read_file(source("examples/time/time.schema")), "verb", "werb"));
  const auto two = cluster.millrace({"run", folder.path("two.schema"), "--", "true"});
  CHECK(two.exit_code == 1);
  CHECK(two.err.find("holds 2 modules") != std::string::npos);
  const auto bad = cluster.millrace({"run", folder.path("bad.schema"), "--", "true"});
  CHECK(bad.exit_code == 1);
  CHECK(bad.err.find("bad.schema:10:") != std::string::npos);
}
