// What can be set about the console, with defaults and limits. Filled by libs/settings before any
// thread starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::console {

struct Settings {
  std::string data = ".millrace";  // described by main: all services share it
  std::string http_listen = "127.0.0.1:8895";
  std::string health_listen = "127.0.0.1:9895";
  std::vector<std::string> schema = {"127.0.0.1:8892"};
  std::string timeline = "127.0.0.1:8894";  // empty: no calls and requests are shown
  std::vector<std::string> hosts;           // further names that the page may be reached under
  std::string cache;                        // empty: DATA/console/feed.cache
  std::string instance;                     // empty: a random one
  std::int64_t connections_max = 1024;
  std::int64_t connections_per_client_max = 0;  // 0: three quarters, see docs/decisions/0178
  std::int64_t streams_max = 64;
  std::int64_t stream_bytes_max = 16 << 20;
  std::int64_t activity_events_max = 500;
  std::int64_t changesets_max = 50;
};

void describe(settings::Fields& fields, Settings& settings);

}  // namespace millrace::console
