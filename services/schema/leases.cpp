#include "services/schema/leases.hpp"

#include <utility>

namespace millrace::schema_service {

using statekit::MonoMs;

void Leases::renew(const std::string& endpoint, MonoMs now) { heard_[endpoint] = now; }

void Leases::start_afresh(MonoMs now) {
  for (auto& [endpoint, heard] : heard_) heard = now;
}

// While this process did not run, heartbeats could not reach it: their absence says nothing.
void Leases::start_afresh_when_late(MonoMs now) {
  if (ticked_ && now - last_tick_ > lease_ms_ / 2) start_afresh(now);
  ticked_ = true;
  last_tick_ = now;
}

bool Leases::may_expire(const State& state, const std::string& deployment, MonoMs now) {
  const auto found = budgets_.find(deployment);
  if (found == budgets_.end() || now - found->second.since >= lease_ms_) {
    const std::size_t count = state.endpoints_of(deployment).size();
    budgets_[deployment] = Budget{now, (count + 1) / 2};
  }
  Budget& budget = budgets_[deployment];
  if (budget.left == 0) return false;
  --budget.left;
  return true;
}

std::vector<Command> Leases::tick(const State& state, MonoMs now) {
  start_afresh_when_late(now);
  std::vector<Command> commands;
  std::map<std::string, MonoMs> still;
  for (const auto& [id, endpoint] : state.endpoints()) {
    if (!endpoint.leased) continue;
    const auto known = heard_.find(id);
    MonoMs heard = known == heard_.end() ? now : known->second;
    if (now - heard >= lease_ms_ && may_expire(state, endpoint.deployment, now)) {
      commands.push_back(
          RemoveEndpoint{id, endpoint.registered_revision,
                         "expired: not heard from for " + std::to_string(now - heard) + " ms"});
      heard = now;
    }
    still.emplace(id, heard);
  }
  heard_ = std::move(still);
  std::erase_if(budgets_, [&](const auto& entry) { return now - entry.second.since >= lease_ms_; });
  return commands;
}

}  // namespace millrace::schema_service
