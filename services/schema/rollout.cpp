#include "services/schema/rollout.hpp"

#include <utility>

#include "services/schema/decide.hpp"

namespace millrace::schema_service {

using statekit::MonoMs;

namespace {

// Routers that are gone do not hold a rollout up: they read a newer state when they come back.
bool all_routers_have(const std::vector<FollowerFact>& followers, Revision revision) {
  for (const FollowerFact& follower : followers) {
    if (follower.kind == "routing" && follower.live && follower.revision < revision) return false;
  }
  return true;
}

// Only those that drain: one of them may be canonical again.
bool has_endpoints(const State& state, const std::vector<std::string>& deployments) {
  for (const std::string& key : deployments) {
    const Deployment* deployment = state.deployment(key);
    if (deployment == nullptr || deployment->phase != DeploymentPhase::draining) continue;
    if (state.live_endpoints_of(key) > 0) return true;
  }
  return false;
}

// True when nothing can be in flight to what was replaced: every live router says so. Where one
// does not tell, or none is there to ask, only deployments without endpoints are sure to have no
// calls.
bool calls_are_done(const State& state, const std::vector<FollowerFact>& followers,
                    const std::vector<std::string>& replaced) {
  bool told = false;
  for (const FollowerFact& follower : followers) {
    if (follower.kind != "routing" || !follower.live) continue;
    if (!follower.draining) return !has_endpoints(state, replaced);
    told = true;
    for (const std::string& key : replaced) {
      if (follower.draining->contains(key)) return false;
    }
  }
  return told || !has_endpoints(state, replaced);
}

bool is_kept_for_a_while(const Deployment& deployment) {
  return deployment.phase == DeploymentPhase::retired ||
         deployment.phase == DeploymentPhase::failed;
}

}  // namespace

std::vector<Command> Rollout::tick(const State& state, MonoMs now,
                                   const std::vector<FollowerFact>& followers) {
  std::vector<Command> commands;
  tick_changesets(state, now, followers, commands);
  tick_deployments(state, now, commands);
  return commands;
}

Advance Rollout::facts_of(const State& state, const Changeset& changeset, const Seen& seen,
                          MonoMs now, const std::vector<FollowerFact>& followers) const {
  return {changeset.key, changeset.phase_revision, now - seen.since,
          all_routers_have(followers, changeset.phase_revision),
          calls_are_done(state, followers, changeset.replaced)};
}

bool Rollout::may_send(Seen& seen, MonoMs now) const {
  if (seen.acted && now - seen.sent < times_.retry_ms) return false;
  seen.acted = true;
  seen.sent = now;
  return true;
}

void Rollout::tick_changesets(const State& state, MonoMs now,
                              const std::vector<FollowerFact>& followers,
                              std::vector<Command>& commands) {
  std::map<std::string, Seen> still;
  for (const Changeset* changeset : state.active_changesets()) {
    const auto before = changesets_.find(changeset->key);
    Seen seen{changeset->phase_revision, now, 0, false};
    if (before != changesets_.end() && before->second.phase == changeset->phase_revision)
      seen = before->second;
    Advance facts = facts_of(state, *changeset, seen, now, followers);
    if (due(state, facts) && may_send(seen, now)) commands.push_back(std::move(facts));
    still.emplace(changeset->key, seen);
  }
  changesets_ = std::move(still);
}

// A portion of the deployments, from where the one before ended. Those that went away meanwhile
// are forgotten where the portion passes the place at which they stood.
void Rollout::tick_deployments(const State& state, MonoMs now, std::vector<Command>& commands) {
  const auto& all = state.deployments();
  const bool few = all.size() <= times_.looked_at_once;
  if (!few && looked_ && now - *looked_ < times_.look_every_ms) return;
  looked_ = now;
  const auto forget_before = [this](auto next) {
    deployments_.erase(deployments_.upper_bound(looked_at_), next);
  };
  RemoveDeployments removal;
  auto next = all.upper_bound(looked_at_);
  for (std::size_t n = 0; n < times_.looked_at_once && next != all.end(); ++n, ++next) {
    forget_before(deployments_.lower_bound(next->first));
    if (is_due(next->second, now)) removal.deployments.push_back(next->first);
    looked_at_ = next->first;
  }
  if (next == all.end()) {
    forget_before(deployments_.end());
    looked_at_.clear();
  }
  if (!removal.deployments.empty()) commands.push_back(std::move(removal));
}

// Since when a deployment is kept, and whether that is long enough.
bool Rollout::is_due(const Deployment& deployment, MonoMs now) {
  if (!is_kept_for_a_while(deployment)) {
    deployments_.erase(deployment.key);
    return false;
  }
  const auto phase = static_cast<Revision>(deployment.phase);
  const auto [at, is_new] = deployments_.try_emplace(deployment.key, Seen{phase, now, 0, false});
  Seen& seen = at->second;
  if (!is_new && seen.phase != phase) seen = Seen{phase, now, 0, false};
  return now - seen.since >= times_.rollback_window_ms && may_send(seen, now);
}

}  // namespace millrace::schema_service
