// The newcomer's steps: the commands of the README, word for word, on the ports that it names. They
// run in a network of their own, so that nothing else on the machine is in the way.
#include <signal.h>

#include <sstream>

#include "e2e/cluster.hpp"
#include "e2e/own_network.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

// The lines of the block that follows the README's mark.
Words commands_of_readme() {
  std::istringstream text(read_file(source("README.md")));
  Words commands;
  bool marked = false, inside = false;
  for (std::string line; std::getline(text, line);) {
    marked = marked || line.find("run by a test, word for word") != std::string::npos;
    if (inside && line.starts_with("```")) break;
    if (inside && !line.empty()) commands.push_back(line);
    inside = inside || (marked && line.starts_with("```sh"));
  }
  return commands;
}

// As `./dev up` starts things, from this build.
struct Newcomer {
  Folder folder;
  Process serve{{binary("millrace"), "serve", "--data", folder.path("data")}, folder.path("serve")};
  std::unique_ptr<Process> time = start("time", {binary("millrace-example-time")});
  std::unique_ptr<Process> echo = start("echo", {binary("millrace-example-echo")});
  std::unique_ptr<Process> greeter = start("greeter", {"node", "examples/greeter/greeter.js"});

  std::unique_ptr<Process> start(const std::string& name, const Words& program) const {
    Words words{binary("millrace"), "run", "examples/" + name + "/" + name + ".schema", "--"};
    words.insert(words.end(), program.begin(), program.end());
    return std::make_unique<Process>(words, folder.path(name), Environment{}, source(""));
  }

  Outcome shell(const std::string& line) const {
    return run({"bash", "-c", line}, environment(), 60, folder.path());
  }
  static Environment environment() { return {{"PATH", binary("") + ":" + std::getenv("PATH")}}; }
};

void check_answer(const std::string& line, const Outcome& outcome) {
  CAPTURE(line, outcome.out, outcome.err);
  CHECK(outcome.exit_code == 0);
  const auto holds = [&](const std::string& part) {
    return outcome.out.find(part) != std::string::npos;
  };
  if (line.find("/echo") != std::string::npos || line.find("call echo") != std::string::npos) {
    CHECK(holds(R"({"message":"Hello, Ada! It is )"));
  }
  if (line.find("/greet") != std::string::npos) CHECK(holds("Hello, Ada!"));
  if (line.find("ps") != std::string::npos) CHECK((holds("echo") && holds("greeter")));
  if (line.find("status") != std::string::npos) CHECK((holds("routing") && holds("ingress")));
}

}  // namespace

TEST_CASE("the commands of the README do what it says") {
  // Without one the README's ports are those of this machine, and must be free.
  INFO((enter_own_network() ? "in a network of its own" : "on this machine's own loopback"));
  const Newcomer newcomer;
  for (const auto* each : {&newcomer.time, &newcomer.echo, &newcomer.greeter}) {
    INFO((*each)->output());
    REQUIRE((*each)->says("is live", 60));
  }
  const Words commands = commands_of_readme();
  REQUIRE(commands.size() >= 5);
  for (const std::string& request : {commands[0], commands[1]})  // the edge follows the feed
    REQUIRE(eventually([&] { return newcomer.shell(request + " --fail").exit_code == 0; }));
  for (const std::string& line : commands) {
    if (line.find("tail") == std::string::npos) {
      check_answer(line, newcomer.shell(line));
      continue;
    }
    Process tail({"bash", "-c", "exec " + line}, newcomer.folder.path("tail"),
                 Newcomer::environment(), newcomer.folder.path());
    CHECK(tail.says("echo.echo"));
    tail.signal(SIGINT);
    CHECK(tail.wait() == 128 + SIGINT);
  }
  const auto echoed = newcomer.shell(commands[0] + " -s -o /dev/null -w '%{http_code}'");
  CHECK(echoed.out == "200");
  const auto created = newcomer.shell(commands[1] + " -s -o /dev/null -w '%{http_code}'");
  CHECK(created.out == "201");
}
