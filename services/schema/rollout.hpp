// The clockwork of deploying: watches the state and the time, and says which commands are due.
// Called by the conductor's one thread at each commit and a few times a second. Pure: time is an
// argument. Durations count from when this process first saw the revision that began a phase, so
// after a restart they are late, never early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/schema/commands.hpp"
#include "services/schema/state.hpp"
#include "statekit/clock.hpp"
#include "statekit/feed.hpp"

namespace millrace::schema_service {

struct RolloutTimes {
  std::int64_t rollback_window_ms = 600'000;  // retired and failed deployments are kept for
  std::int64_t retry_ms = 1'000;              // a command without effect is sent again after
  // So many deployments are looked at in a tick; where there are more, the next so many this much
  // later: what it costs, and how long the writer of the state waits, does not grow with them.
  std::size_t looked_at_once = 100;
  std::int64_t look_every_ms = 100;
};

// What the rollout needs to know of a follower.
struct FollowerFact {
  std::string kind;
  bool live = false;
  Revision revision = 0;  // acknowledged
  // Calls in flight to what drains, of a router that tells; see the feed's Ack.
  std::optional<statekit::DrainingCalls> draining = {};
};

class Rollout {
 public:
  explicit Rollout(RolloutTimes times = {}) : times_(times) {}

  // The commands that are due.
  std::vector<Command> tick(const State& state, statekit::MonoMs now,
                            const std::vector<FollowerFact>& followers);

 private:
  // A phase of one changeset or deployment, since when it is seen, and when it was last acted on.
  struct Seen {
    Revision phase = 0;
    statekit::MonoMs since = 0;
    statekit::MonoMs sent = 0;
    bool acted = false;
  };
  Advance facts_of(const State& state, const Changeset& changeset, const Seen& seen,
                   statekit::MonoMs now, const std::vector<FollowerFact>& followers) const;
  bool may_send(Seen& seen, statekit::MonoMs now) const;
  void tick_changesets(const State& state, statekit::MonoMs now,
                       const std::vector<FollowerFact>& followers, std::vector<Command>& commands);
  void tick_deployments(const State& state, statekit::MonoMs now, std::vector<Command>& commands);
  bool is_due(const Deployment& deployment, statekit::MonoMs now);

  RolloutTimes times_;
  std::map<std::string, Seen> changesets_;
  std::map<std::string, Seen> deployments_;  // those that are retired or failed
  std::optional<statekit::MonoMs> looked_;   // at deployments
  std::string looked_at_;                    // the last of them; empty: begin with the first
};

}  // namespace millrace::schema_service
