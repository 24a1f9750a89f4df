#include "e2e/cluster.hpp"

#include <algorithm>

#include "httpkit/client.hpp"
#include "support/ports.hpp"

namespace millrace::e2e {
namespace {

constexpr const char* listeners[] = {
    "schema.listen",         "routing.listen",        "timeline.listen",
    "ingress.http_listen",   "console.http_listen",   "schema.health_listen",
    "schema.http_listen",    "routing.health_listen", "timeline.health_listen",
    "ingress.health_listen", "console.health_listen"};

std::string loopback(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

std::string binary(const std::string& name) { return std::string(E2E_BINARIES) + "/" + name; }
std::string source(const std::string& path) { return std::string(E2E_SOURCE) + "/" + path; }

Cluster::Cluster(Words settings, Words under, std::string data)
    : settings_(std::move(settings)), under_(std::move(under)), data_(std::move(data)) {
  for (const char* name : listeners) ports_[name] = test::unused_port();
  start();
}

Words Cluster::serve_words() const {
  Words words = under_;
  words.insert(words.end(), {binary("millrace"), "serve", "--data", data()});
  for (const auto& [name, port] : ports_) words.push_back("--" + name + "=" + loopback(port));
  words.insert(words.end(), settings_.begin(), settings_.end());
  return words;
}

void Cluster::start() {
  serve_ = std::make_unique<Process>(serve_words(),
                                     folder_.path("serve-" + std::to_string(++logs_) + ".log"));
}

bool Cluster::ready(int seconds) {
  return eventually([&] { return !serve_->running() || millrace({"ping"}).exit_code == 0; },
                    seconds) &&
         serve_->running();
}

Outcome Cluster::millrace(const Words& words, int seconds) const {
  Words all{binary("millrace")};
  all.insert(all.end(), words.begin(), words.end());
  const Environment environment{
      {"MILLRACE_CLI_SCHEMA", loopback(ports_.at("schema.listen"))},
      {"MILLRACE_CLI_ROUTING", loopback(ports_.at("routing.listen"))},
      {"MILLRACE_CLI_TIMELINE", loopback(ports_.at("timeline.listen"))},
      {"MILLRACE_CLI_INGRESS_HEALTH", loopback(ports_.at("ingress.health_listen"))},
      {"MILLRACE_CLI_CONSOLE_HEALTH", loopback(ports_.at("console.health_listen"))}};
  return run(all, environment, seconds);
}

bool Cluster::comes_to(const Words& words, int exit_code) const {
  return eventually([&] { return millrace(words).exit_code == exit_code; });
}

std::unique_ptr<Process> Cluster::run_module(const std::string& schema, const Words& options,
                                             const Words& command) {
  Words words{binary("millrace"),
              "run",
              schema,
              "--drain",
              "0s",
              "--schema",
              loopback(ports_.at("schema.listen")),
              "--routing",
              loopback(ports_.at("routing.listen")),
              "--timeline",
              loopback(ports_.at("timeline.listen"))};
  words.insert(words.end(), options.begin(), options.end());
  // One that run picks may be taken before the program listens, by a test beside this one.
  if (std::find(options.begin(), options.end(), "--port") == options.end())
    words.insert(words.end(), {"--port", std::to_string(test::unused_port())});
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return std::make_unique<Process>(words, folder_.path("run-" + std::to_string(++logs_) + ".log"));
}

std::unique_ptr<Process> Cluster::example(const std::string& name, const Words& options) {
  Words command{binary("millrace-example-" + name)};
  if (name == "greeter") command = {"node", source("examples/greeter/greeter.js")};
  return run_module(source("examples/" + name + "/" + name + ".schema"), options, command);
}

httpkit::Response Cluster::http(const std::string& method, const std::string& target,
                                const std::string& body,
                                const std::vector<httpkit::Header>& headers) const {
  auto response = httpkit::fetch(method, "http://" + ingress() + target, body, headers, 30'000);
  return response ? *response : httpkit::Response{0, {}, response.error().message};
}

bool Cluster::answers(const std::string& target, int status, int seconds) const {
  return eventually([&] { return http("GET", target).status == status; }, seconds);
}

}  // namespace millrace::e2e
