// Probes of fixed endpoints: which are due, and when their answers make a change worth a commit.
// Hysteresis: one that answered goes down after `down_after` failures in a row, and comes back
// after `up_after` successes; the first success of one that never answered counts at once. Rate
// limit: no more than one change of an endpoint in `change_ms_min`. Pure: time is an argument.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/schema/commands.hpp"
#include "services/schema/state.hpp"
#include "statekit/clock.hpp"

namespace millrace::schema_service {

struct ProbeTimes {
  std::int64_t interval_ms = 2'000;
  std::int64_t first_interval_ms = 200;  // while it has never answered
  std::int64_t change_ms_min = 5'000;
  int down_after = 3;
  int up_after = 2;
  std::size_t in_flight_max = 64;
};

struct Probe {
  std::string endpoint;
  std::string address;
};

class Probes {
 public:
  explicit Probes(ProbeTimes times = {}) : times_(times) {}

  // The probes to send now. Each is answered by one `on_result`.
  std::vector<Probe> tick(const State& state, statekit::MonoMs now);
  // The command that the answer leads to, if any.
  std::optional<Command> on_result(const State& state, const std::string& endpoint, bool answered,
                                   statekit::MonoMs now);

 private:
  struct Target {
    Revision registered = 0;
    bool in_flight = false;
    bool ever_up = false;
    statekit::MonoMs next = 0;
    int successes = 0;  // in a row
    int failures = 0;
    std::optional<statekit::MonoMs> changed;
  };
  bool calls_for_change(const Target& target, bool healthy, statekit::MonoMs now) const;

  const ProbeTimes times_;
  std::size_t in_flight_ = 0;
  std::map<std::string, Target> targets_;
};

}  // namespace millrace::schema_service
