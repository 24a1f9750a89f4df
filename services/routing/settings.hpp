// What can be set about routing, with its defaults and limits. Filled before any thread starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::routing {

struct Settings {
  std::string data = ".millrace";  // described by main: all services share it
  std::string listen = "127.0.0.1:8893";
  std::string health_listen = "127.0.0.1:9893";
  std::vector<std::string> schema = {"127.0.0.1:8892"};  // the first one that answers is followed
  std::string timeline = "127.0.0.1:8894";               // empty: events are not sent
  std::string cache;                                     // empty: DATA/routing/feed.cache
  std::string instance;                                  // empty: a random one
  std::int64_t calls_max = 10'000;
  std::int64_t connections_per_client_max = 0;  // 0: three quarters, see docs/decisions/0178
  std::int64_t waiting_max = 1'000;
  std::int64_t attempts_max = 3;
  std::int64_t message_bytes_max = 4 << 20;
  std::int64_t deadline_default_ms = 30'000;
  std::int64_t deadline_max_ms = 600'000;
  std::int64_t eject_failures = 3;
  std::int64_t eject_min_ms = 500;
  std::int64_t eject_max_ms = 30'000;
  std::int64_t timeline_events_max = 8'192;
};

void describe(settings::Fields& fields, Settings& settings);

}  // namespace millrace::routing
