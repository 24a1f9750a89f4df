// Requests by route and status, and how long they took. Labels come from the schema and from the
// answer's status, never from raw input. Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <utility>

#include "statekit/io/metrics.hpp"

namespace millrace::ingress {

class RequestMetrics {
 public:
  explicit RequestMetrics(statekit::Metrics& metrics);

  void begin() { in_flight_.add(1); }
  // `route`: empty where none matched.
  void end(const std::string& route, int status, std::int64_t duration_us);

 private:
  struct Handles {
    statekit::Counter requests;
    statekit::Histogram duration;
  };
  const Handles& handles(const std::string& route, int status);

  statekit::Metrics& metrics_;
  statekit::Gauge in_flight_;
  std::shared_mutex mutex_;
  std::map<std::pair<std::string, int>, Handles> handles_;  // entries never move
};

}  // namespace millrace::ingress
