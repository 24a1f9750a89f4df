// Leases: which endpoints have been heard from, in memory only. One that stays silent for a lease
// time expires, but no more than half of a deployment's endpoints (rounded up) in one lease time,
// so that a fault on our side does not take a module down. Counting starts afresh when this process
// starts and when it finds itself late. Called by the conductor's thread, which hands heartbeats
// in. Pure: time is an argument, in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/schema/commands.hpp"
#include "services/schema/state.hpp"
#include "statekit/clock.hpp"

namespace millrace::schema_service {

class Leases {
 public:
  explicit Leases(std::int64_t lease_ms) : lease_ms_(lease_ms) {}

  // The endpoint was heard from.
  void renew(const std::string& endpoint, statekit::MonoMs now);
  // Begins to count anew, as when this process starts: it has become the one that expires.
  void start_afresh(statekit::MonoMs now);
  // The endpoints that expire now. Each is named once in a lease time.
  std::vector<Command> tick(const State& state, statekit::MonoMs now);

 private:
  struct Budget {
    statekit::MonoMs since = 0;
    std::size_t left = 0;
  };
  void start_afresh_when_late(statekit::MonoMs now);
  bool may_expire(const State& state, const std::string& deployment, statekit::MonoMs now);

  std::int64_t lease_ms_;
  bool ticked_ = false;
  statekit::MonoMs last_tick_ = 0;
  std::map<std::string, statekit::MonoMs> heard_;  // endpoint -> when
  std::map<std::string, Budget> budgets_;          // deployment -> what may still expire
};

}  // namespace millrace::schema_service
