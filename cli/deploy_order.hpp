// From what the user typed to the changeset that is asked for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/client/reports.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

struct DeployFlags {
  std::vector<std::string> endpoints;  // MODULE=URL
  std::vector<std::string> removed_modules;
  std::string build;
  std::int64_t replicas = 1;
  std::int64_t canary_percent = 0;
  std::int64_t deadline_ms = 60'000;
  std::int64_t drain_ms_max = 30'000;
  bool plan = false;
  bool hold = false;
  bool allow_breaking = false;
  bool redeploy = false;
};

// InvalidArgument where an endpoint is no MODULE=URL or names a module that is not deployed here.
// Without a build, a module gets one made from its schema and its fixed endpoint: another schema or
// another URL is another deployment.
statekit::Result<DeployOrder> make_order(schema::Schema schema, const DeployFlags& flags);

// "http://host:port", "grpc://host:port/" or "host:port" -> "host:port".
statekit::Result<std::string> endpoint_address(const std::string& url);

// Twelve hex digits that tell one build from another.
std::string build_of(const std::string& octets);

}  // namespace millrace::cli
