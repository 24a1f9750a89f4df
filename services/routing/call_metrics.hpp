// The router's metrics: calls by verb and outcome, and how long they took by verb. Labels come from
// the schema: a call to a verb that is not deployed counts under an empty one. Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "statekit/io/metrics.hpp"

namespace millrace::routing {

class CallMetrics {
 public:
  explicit CallMetrics(statekit::Metrics& metrics) : metrics_(metrics) {}

  void count(const std::string& verb, std::string_view outcome, std::int64_t took_us);

 private:
  // The handles of one verb, so that the metrics' own lock is taken once for each.
  struct Verb {
    explicit Verb(statekit::Histogram histogram) : seconds(histogram) {}
    statekit::Histogram seconds;
    std::map<std::string, statekit::Counter, std::less<>> calls;  // by outcome
  };
  bool count_known(const std::string& verb, std::string_view outcome, double seconds);

  statekit::Metrics& metrics_;
  std::shared_mutex mutex_;
  std::map<std::string, Verb, std::less<>> verbs_;
};

}  // namespace millrace::routing
