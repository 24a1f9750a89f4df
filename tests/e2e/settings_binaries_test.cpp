// The settings as each binary meets them when it is started: where they come from, what is said of
// them, and that a check of them starts nothing.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "e2e/process.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace;
using namespace millrace::e2e;

namespace {

const Words services = {"schema", "routing", "ingress", "console", "timeline"};

std::string binary(const std::string& service) {
  return std::string(E2E_BINARIES) + "/millrace-" + service;
}

std::string loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

// Where it listens besides its health page, any port; and nothing of another service is at hand.
Words quiet(const std::string& service, const Folder& folder) {
  Words words{binary(service), "--data", folder.path("data")};
  if (service == "schema" || service == "routing" || service == "timeline")
    words.push_back("--" + service + ".listen=127.0.0.1:0");
  if (service == "schema" || service == "ingress" || service == "console")
    words.push_back("--" + service + ".http_listen=127.0.0.1:0");
  return words;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What its page of metrics says in the end; empty where it never answers.
std::string metrics(Process& process, int port) {
  std::string body;
  const bool answered = eventually([&] {
    const auto page =
        httpkit::fetch("GET", "http://" + loopback(port) + "/metrics", {}, {}, 30'000);
    if (page && page->status == 200) body = page->body;
    return !body.empty() || !process.running();
  });
  return answered ? body : "";
}

// A port that this process listens on.
class Taken {
 public:
  explicit Taken(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
  }
  ~Taken() { close(socket_); }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

 private:
  int socket_;
};

std::string probe() { return std::string(E2E_BINARIES) + "/settings_probe"; }

}  // namespace

TEST_CASE("of defaults, file, environment and flags the later one counts in each binary") {
  for (const std::string& service : services) {
    INFO(service);
    const Folder folder;
    const std::string file = folder.path("settings.toml");
    write_file(file, "version = 2\n[log]\nformat = 'json'\n");
    const Environment environment{{"MILLRACE_LOG_FORMAT", "text"}};
    int runs = 0;
    const auto says = [&](const Words& more, const Environment& variables, const char* format) {
      Words words = with(quiet(service, folder), {"--" + service + ".health_listen=127.0.0.1:0"});
      Process process(with(words, more), folder.path("log" + std::to_string(++runs)), variables);
      REQUIRE(process.says("program.started"));
      const bool json = has(process.output(), "\"program.started\"");
      const bool text = has(process.output(), "program.started program=millrace-" + service);
      CHECK((json ? "json" : text ? "text" : "neither") == std::string(format));
    };
    says({}, {}, "text");
    says({"--settings", file}, {}, "json");
    says({}, {{"MILLRACE_SETTINGS", file}}, "json");
    says({"--settings", file}, environment, "text");
    says({"--settings", file, "--log.format=json"}, environment, "json");
  }
}

TEST_CASE("a check of the settings starts nothing, in each binary") {
  for (const std::string& service : services) {
    INFO(service);
    const Folder folder;
    const int port = test::unused_port();
    const Taken taken(port);
    const Words words =
        with(quiet(service, folder), {"--" + service + ".health_listen=" + loopback(port)});
    std::filesystem::create_directory(folder.path("here"));
    const Outcome right = run(with(words, {"--check-settings"}), {}, 60, folder.path("here"));
    CHECK(right.exit_code == 0);
    CHECK(right.out == "millrace-" + service + ": the settings are right\n");
    CHECK(right.err.empty());
    CHECK(std::filesystem::is_empty(folder.path("here")));
    CHECK_FALSE(std::filesystem::exists(folder.path("data")));
    const Outcome started = run(words);  // it would have met the port that is taken
    CHECK(started.exit_code == 2);
    CHECK(has(started.err, loopback(port)));
  }
}

TEST_CASE("a check of the settings tells what a start would meet, in each binary") {
  for (const std::string& service : services) {
    INFO(service);
    const Folder folder;
    const std::string certificate = folder.path("none.pem");
    const Outcome file = run(with(
        quiet(service, folder), {"--check-settings", "--log.format=text", "--settings-version=2",
                                 "--tls.certificate=" + certificate, "--tls.key=" + certificate}));
    CHECK(file.exit_code == 1);
    CHECK(has(file.err, certificate));
    CHECK(file.out.empty());
    const Outcome value =
        run(with(quiet(service, folder), {"--check-settings", "--log.format=loud"}));
    CHECK(value.exit_code == 1);
    CHECK(has(value.err, "millrace-" + service + ": 1 setting is wrong\n  --log.format: "));
    CHECK_FALSE(std::filesystem::exists(folder.path("data")));
  }
}

TEST_CASE("a hint reaches standard error, in each binary") {
  for (const std::string& service : services) {
    INFO(service);
    const Folder folder;
    const std::string file = folder.path("old.toml");
    write_file(file, "[routing]\ncalls_max = 5\n");
    const Outcome old = run({binary(service), "--check-settings", "--settings", file});
    CHECK(old.exit_code == 0);
    CHECK(has(old.err, "millrace-" + service + ": hint: " + file +
                           " names no version and is read as version 1; `millrace settings "
                           "upgrade " +
                           file + "` rewrites it in version 2\n"));
    CHECK(times(old.err, "hint:") == 1);
    CHECK_FALSE(has(old.out, "hint"));
    write_file(file, "version = 2\n[routing.limits]\ncalls_max = 5\n");
    CHECK(run({binary(service), "--check-settings", "--settings", file}).err.empty());
  }
}

TEST_CASE("each binary counts settings without a meaning on its page of metrics") {
  for (const std::string& service : services) {
    INFO(service);
    const Folder folder;
    const int port = test::unused_port();
    Process process(
        with(quiet(service, folder), {"--" + service + ".health_listen=" + loopback(port)}),
        folder.path("log"));
    CHECK(has(metrics(process, port), "\nmillrace_settings_deprecated_total 0\n"));
  }
}

TEST_CASE("a setting that lost its meaning is told once on standard error and counted") {
  const Folder folder;
  const int port = test::unused_port();
  const std::string file = folder.path("old.toml");
  write_file(file, "version = 1\n[routing]\nturbo = true\nnitro = false\n");
  const Words words{probe(), "--settings", file, "--routing.health_listen=" + loopback(port)};
  const Outcome check = run(with(words, {"--check-settings"}));
  CHECK(check.exit_code == 0);
  CHECK(times(check.err, "settings_probe: DEPRECATED: ") == 2);
  CHECK(has(check.err, "settings_probe: DEPRECATED: " + file +
                           ":3: routing.turbo has lost its meaning: leave it out\n"));
  CHECK(has(check.err, ":4: routing.nitro has lost its meaning: write routing.limits.calls_max\n"));
  CHECK_FALSE(has(check.out, "DEPRECATED"));
  Process process(words, folder.path("log"));
  CHECK(has(metrics(process, port), "\nmillrace_settings_deprecated_total 2\n"));
  CHECK(times(process.output(), "DEPRECATED") == 2);
}
