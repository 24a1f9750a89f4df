// The newcomer's steps: the commands of the README, word for word, on the ports that it names, in a
// folder that looks like a fresh clone. What is already built stands in its build folder, and in
// place of apt, cmake and ninja there are scripts that write down what they were asked for. They
// run in a network of their own, so that nothing else on the machine is in the way.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "e2e/cluster.hpp"
#include "e2e/own_network.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

// What stands under "## Start": the indented line that starts everything, and the lines of the
// block after the README's mark.
struct QuickStart {
  Words first, then;

  QuickStart() {
    std::istringstream text(read_file(source("README.md")));
    bool begun = false, marked = false, inside = false;
    for (std::string line; std::getline(text, line);) {
      if (begun && line.starts_with("## ")) break;
      begun = begun || line == "## Start";
      if (!begun) continue;
      marked = marked || line.find("run by a test, word for word") != std::string::npos;
      if (line.starts_with("    ") && !marked) first.push_back(line.substr(4));
      if (inside && line.starts_with("```")) inside = false;
      if (inside && !line.empty()) then.push_back(line);
      inside = inside || (marked && then.empty() && line.starts_with("```sh"));
    }
  }
};

class Clone {
 public:
  Clone() {
    fs::create_directories(root() + "/build/release");
    for (const auto& entry : fs::directory_iterator(source("")))
      if (const std::string name = entry.path().filename(); name[0] != '.' && name != "build")
        fs::create_symlink(entry.path(), root() + "/" + name);
    fs::create_symlink(binary(""), root() + "/build/release/bin");
    fs::create_directories(folder_.path("instead"));
    for (const char* name : {"cmake", "ninja", "apt-get"})
      script(name, "echo " + std::string(name) + " \"$@\" >>" + folder_.path("asked"));
    // All packages are there: -W -f FORMAT PACKAGE...
    script("dpkg-query",
           R"(shift 3; for each in "$@"; do echo "install ok installed $each"; done)");
  }
  // Nothing is left behind, also where a test has failed half way.
  ~Clone() { run({"bash", "-c", "./dev down"}, environment(), 60, root()); }

  std::string root() const { return folder_.path("millrace"); }
  std::string asked() const { return read_file(folder_.path("asked")); }
  Environment environment() const {
    return {{"PATH", folder_.path("instead") + ":" + std::getenv("PATH")}};
  }
  Outcome shell(const std::string& lines) const {
    return run({"bash", "-c", lines}, environment(), 120, root());
  }
  std::unique_ptr<Process> start(const std::string& name, const std::string& line) const {
    return std::make_unique<Process>(Words{"bash", "-c", "exec " + line}, folder_.path(name),
                                     environment(), root());
  }

 private:
  void script(const std::string& name, const std::string& text) const {
    const std::string path = folder_.path("instead/" + name);
    write_file(path, "#!/bin/sh\n" + text + "\n");
    fs::permissions(path, fs::perms(0755));
  }

  Folder folder_;
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

// In one shell they would follow each other, so each is told what was exported before it.
void type_all(const Clone& clone, const Words& lines) {
  std::string before;
  for (const std::string& line : lines) {
    if (line.starts_with("export ")) {
      before += line + "\n";
    } else if (line.find("tail") == std::string::npos) {
      check_answer(line, clone.shell(before + line));
    } else {
      Process tail({"bash", "-c", before + "exec " + line}, clone.root() + "/.millrace/tail",
                   clone.environment(), clone.root());
      CHECK(tail.says("echo.echo"));
      tail.signal(SIGINT);
      CHECK(tail.wait() == 128 + SIGINT);
    }
  }
}

}  // namespace

TEST_CASE("the commands of the README do what it says") {
  // Without one the README's ports are those of this machine, and must be free.
  INFO((enter_own_network() ? "in a network of its own" : "on this machine's own loopback"));
  const QuickStart quick;
  CHECK(quick.first == Words{"./dev up"});  // one command to start, and one to see that it answers
  REQUIRE(quick.then.size() >= 5);
  const Clone clone;
  const auto up = clone.start("up", quick.first.front());
  INFO(up->output());
  REQUIRE(up->says("Ctrl-C stops it", 120));
  CHECK(clone.asked() == "cmake --preset release\nninja -C build/release\n");
  type_all(clone, quick.then);
  const std::string code = " -s -o /dev/null -w '%{http_code}'";
  CHECK(clone.shell(quick.then[0] + code).out == "200");
  CHECK(clone.shell(quick.then[1] + code).out == "201");
  up->signal(SIGINT);
  CHECK(up->wait() == 0);
  CHECK_FALSE(fs::exists(clone.root() + "/.millrace/pids"));
  CHECK(clone.shell(quick.then[0] + " -s").exit_code == 7);  // nobody is there any more
}

TEST_CASE("what the README says of the background is so, and the next start goes on from there") {
  INFO((enter_own_network() ? "in a network of its own" : "on this machine's own loopback"));
  const std::string text = read_file(source("README.md"));
  for (const char* each :
       {"`./dev up --detach` and `./dev down`", "State is kept in `./.millrace/`"})
    CHECK(text.find(each) != std::string::npos);
  const Clone clone;
  const std::string list = "build/release/bin/millrace changeset list --output json";
  std::string key;  // of what was deployed the first time
  for (int round = 0; round < 2; ++round) {
    const Outcome up = clone.shell("./dev up --detach");
    CAPTURE(up.out, up.err);
    REQUIRE(up.exit_code == 0);
    CHECK(up.out.find("Millrace is running") != std::string::npos);
    CHECK(clone.shell("./dev up --detach").exit_code == 2);  // it says that it runs already
    const std::string made = clone.shell(list).out;
    if (round == 0) key = made.substr(std::min(made.find("chs-"), made.size()), 14);
    CAPTURE(made, key);
    REQUIRE(key.size() == 14);
    CHECK(made.find(key) != std::string::npos);
    REQUIRE(clone.shell("./dev down").exit_code == 0);
    CHECK(clone.shell("curl -s http://127.0.0.1:8891/").exit_code == 7);
  }
}
