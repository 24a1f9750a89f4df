// A schema service whose journal another schema service keeps, over HTTP: the one that keeps it is
// killed and comes back, and the store is moved into a file and out of it again.
#include <signal.h>

#include "e2e/cluster.hpp"
#include "e2e/killed_fill.hpp"
#include "e2e/process.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace::e2e;

namespace {

constexpr int modules = 6;

std::string fresh_address() { return "127.0.0.1:" + std::to_string(millrace::test::unused_port()); }

class Pair {
 public:
  Pair() {
    start_keeper();
    upper_ =
        service("upper", {"--schema.listen=" + upper_address_, "--schema.http_listen=127.0.0.1:0",
                          "--schema.journal=" + journal()});
  }
  void start_keeper() {
    keeper_ = service("keeper", {"--schema.listen=127.0.0.1:0", "--schema.http_listen=" + http_});
    REQUIRE(keeper_->says("state.started"));
  }
  void kill_keeper() {
    keeper_->signal(SIGKILL);
    REQUIRE(keeper_->wait() == 128 + SIGKILL);
  }
  std::string journal(const std::string& name = "main") const {
    return "http://" + http_ + "/v1/workspaces/" + name;
  }
  int port() const { return std::stoi(http_.substr(http_.rfind(':') + 1)); }
  std::string path(const std::string& name) const { return folder_.path(name); }
  void stop_upper() {
    upper_->signal(SIGTERM);
    REQUIRE(upper_->wait() == 0);
  }
  Outcome millrace(const Words& command) const {
    Words words{"env", "MILLRACE_CLI_SCHEMA=" + upper_address_, binary("millrace")};
    words.insert(words.end(), command.begin(), command.end());
    return run(words, {}, 60);
  }
  Outcome deploy(int number) const {
    const std::string name = "m" + std::to_string(number);
    write_file(path(name + ".schema"),
               "module " + name + " {\n  data Point {\n    x Int\n  }\n}\n");
    return millrace({"deploy", path(name + ".schema")});
  }

 private:
  std::unique_ptr<Process> service(const std::string& name, Words settings) {
    settings.insert(settings.begin(),
                    {binary("millrace-schema"), "--schema.health_listen=127.0.0.1:0",
                     "--schema.timeline=", "--data=" + folder_.path(name)});
    return std::make_unique<Process>(settings, folder_.path(name + std::to_string(++logs_)));
  }

  Folder folder_;
  int logs_ = 0;
  std::string http_ = fresh_address(), upper_address_ = fresh_address();
  std::unique_ptr<Process> keeper_, upper_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE(
    "G1: a journal that another service keeps outlives its kill and moves into a file and back") {
  Pair pair;
  for (int i = 0; i < modules; ++i) {
    if (i == modules / 2) {
      pair.kill_keeper();
      const auto away = pair.deploy(i);
      INFO(away.out << away.err);
      CHECK(away.exit_code != 0);
      pair.start_keeper();
    }
    std::string said;
    const bool deployed = eventually([&] {
      const auto outcome = pair.deploy(i);
      said = outcome.out + outcome.err;
      return outcome.exit_code == 0;
    });
    INFO(said);
    REQUIRE(deployed);
  }
  // A deploy that joins one on its way says so, and does not wait for its end.
  CHECK(eventually([&] {
    const auto schema = pair.millrace({"schema", "get"});
    for (int i = 0; i < modules; ++i)
      if (count(schema.out, "module m" + std::to_string(i) + " ") != 1) return false;
    return true;
  }));

  pair.stop_upper();
  const std::string file = pair.path("moved.db");
  const auto out = pair.millrace({"storage", "migrate", "--journal", pair.journal(), "--to", file});
  INFO(out.out << out.err);
  REQUIRE(out.exit_code == 0);
  const auto in =
      pair.millrace({"storage", "migrate", "--journal", file, "--to", pair.journal("second")});
  INFO(in.out << in.err);
  REQUIRE(in.exit_code == 0);
  const auto digest = [&](const std::string& journal) {
    const auto verified = pair.millrace({"storage", "verify", "--journal", journal});
    INFO(verified.out << verified.err);
    CHECK(verified.exit_code == 0);
    const std::size_t at = verified.out.find("digest");
    return at == std::string::npos ? verified.out : verified.out.substr(at, 80);
  };
  const std::string first = digest(pair.journal());
  CHECK(digest(file) == first);
  CHECK(digest(pair.journal("second")) == first);
}

TEST_CASE("G9: a restore into another service that is killed leaves a journal that nobody serves") {
  Pair pair;
  check_killed_restores({pair.port(), [](const std::string& at, const std::string& workspace) {
                           return "http://" + at + "/v1/workspaces/" + workspace;
                         }});
}
