// What can be set about the timeline, with its defaults and limits. Filled before any thread
// starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::timeline {

struct Settings {
  std::string data = ".millrace";  // described by main: all services share it
  std::string listen = "127.0.0.1:8894";
  std::string health_listen = "127.0.0.1:9894";
  std::vector<std::string> schema = {"127.0.0.1:8892"};
  std::string instance;  // empty: a random one
  std::int64_t events_max = 100'000;
  std::int64_t bytes_max = std::int64_t{64} << 20;
  std::int64_t event_bytes_max = 64 << 10;
  std::int64_t connections_per_client_max = 0;  // 0: three quarters, see docs/decisions/0178
  std::int64_t streams_max = 256;
  std::string audit;  // empty: DATA/timeline/audit.db
  std::int64_t audit_events_max = 20'000;
  std::int64_t audit_bytes_max = std::int64_t{16} << 20;
};

void describe(settings::Fields& fields, Settings& settings);

}  // namespace millrace::timeline
