#include "e2e/fleet.hpp"

#include <signal.h>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

namespace millrace::e2e {
namespace {

std::string fresh_address() { return "127.0.0.1:" + std::to_string(test::unused_port()); }

}  // namespace

Fleet::Fleet(const std::string& journal) : replicas_(3), routings_(2) {
  for (Replica& each : replicas_) each.address = fresh_address();
  for (Replica& each : routings_) each.address = fresh_address();
  timeline_address_ = fresh_address();
  ingress_address_ = fresh_address();
  for (Replica& each : replicas_)
    each.process =
        service("schema", {"--schema.listen=" + each.address, "--schema.http_listen=127.0.0.1:0",
                           "--schema.journal=" + journal, "--schema.lease=4s",
                           "--schema.timeline=" + timeline_address_});
  const std::string all = schema_addresses();
  timeline_ =
      service("timeline", {"--timeline.listen=" + timeline_address_, "--timeline.schema=" + all});
  for (Replica& each : routings_)
    each.process =
        service("routing", {"--routing.listen=" + each.address, "--routing.schema=" + all,
                            "--routing.timeline=" + timeline_address_});
  ingress_ =
      service("ingress", {"--ingress.http_listen=" + ingress_address_, "--ingress.schema=" + all,
                          "--ingress.routing=" + routings_[0].address + "," + routings_[1].address,
                          "--ingress.timeline=" + timeline_address_});
  REQUIRE(eventually([&] {
    const std::string status = millrace({"status"}).out;
    for (const Replica& each : replicas_)
      if (status.find(each.address) == std::string::npos) return false;
    return status.find("routing") != std::string::npos &&
           status.find("ingress") != std::string::npos;
  }));
}

std::string Fleet::log() { return folder_.path("log-" + std::to_string(++logs_)); }

std::unique_ptr<Process> Fleet::service(const std::string& name, const Words& settings) {
  Words words{binary("millrace-" + name), "--" + name + ".health_listen=127.0.0.1:0"};
  words.push_back("--data=" + folder_.path("data-" + std::to_string(logs_)));
  words.insert(words.end(), settings.begin(), settings.end());
  return std::make_unique<Process>(words, log());
}

std::string Fleet::schema_addresses() const {
  std::string all;
  for (const Replica& each : replicas_) all += (all.empty() ? "" : ",") + each.address;
  return all;
}

void Fleet::kill(std::size_t replica) {
  schema(replica).signal(SIGKILL);
  REQUIRE(schema(replica).wait() == 128 + SIGKILL);
}

Words Fleet::words(const Words& command, const std::string& schema) const {
  Words words{"env", "MILLRACE_CLI_SCHEMA=" + (schema.empty() ? schema_addresses() : schema),
              "MILLRACE_CLI_ROUTING=" + routings_[1].address + "," + routings_[0].address,
              "MILLRACE_CLI_TIMELINE=" + timeline_address_, binary("millrace")};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

Outcome Fleet::millrace(const Words& command, const std::string& schema, int seconds) const {
  return run(words(command, schema), {}, seconds);
}

std::unique_ptr<Process> Fleet::start(const Words& command) {
  return std::make_unique<Process>(words(command), log());
}

std::unique_ptr<Process> Fleet::example(const std::string& name, const Words& options) {
  Words command{"run", source("examples/" + name + "/" + name + ".schema"), "--drain", "0s"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--port", std::to_string(test::unused_port()), "--",
                                 binary("millrace-example-" + name)});
  return start(command);
}

int Fleet::status_of(const std::string& target) const {
  const auto response =
      httpkit::fetch("GET", "http://" + ingress_address_ + target, {}, {}, 10'000);
  return response ? response->status : 0;
}

}  // namespace millrace::e2e
