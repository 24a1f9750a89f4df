// What can be set about ingress, with its defaults and limits. Filled before any thread starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/ingress/cors.hpp"
#include "settings/settings.hpp"

namespace millrace::ingress {

struct Settings {
  std::string data = ".millrace";  // described by main: all services share it
  std::string http_listen = "127.0.0.1:8891";
  std::string health_listen = "127.0.0.1:9891";
  std::vector<std::string> schema = {"127.0.0.1:8892"};  // the first one that answers is followed
  std::string routing = "127.0.0.1:8893";
  std::string timeline = "127.0.0.1:8894";  // empty: events are not sent
  std::string cache;                        // empty: DATA/ingress/feed.cache
  std::string instance;                     // empty: a random one
  std::int64_t threads = 1;
  std::int64_t header_bytes_max = 16 * 1024;
  std::int64_t body_bytes_max = 1024 * 1024;
  std::int64_t connections_max = 10'000;
  std::int64_t connections_per_client_max = 0;  // 0: three quarters, see docs/decisions/0178
  std::int64_t pipelined_max = 16;
  std::int64_t idle_timeout_ms = 60'000;
  std::int64_t read_timeout_ms = 15'000;
  std::int64_t write_timeout_ms = 15'000;
  std::int64_t timeout_ms = 30'000;
  std::int64_t stop_timeout_ms = 5'000;
  std::int64_t waiting_max = 1'000;
  std::int64_t timeline_events_max = 8'192;
  CorsSettings cors;
};

void describe(settings::Fields& fields, Settings& settings);

// What no browser would take together. InvalidArgument.
statekit::Status check(const Settings& settings);

}  // namespace millrace::ingress
