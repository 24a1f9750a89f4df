#include "services/schema/probes.hpp"

#include <utility>

namespace millrace::schema_service {

using statekit::MonoMs;

std::vector<Probe> Probes::tick(const State& state, MonoMs now) {
  std::vector<Probe> probes;
  std::map<std::string, Target> still;
  for (const auto& [id, endpoint] : state.endpoints()) {
    if (endpoint.leased) continue;
    const auto known = targets_.find(id);
    Target target;
    if (known != targets_.end()) target = known->second;
    target.registered = endpoint.registered_revision;
    target.ever_up = target.ever_up || endpoint.healthy;
    if (!target.in_flight && now >= target.next && in_flight_ < times_.in_flight_max) {
      target.in_flight = true;
      ++in_flight_;
      probes.push_back({id, endpoint.address});
    }
    still.emplace(id, target);
  }
  targets_ = std::move(still);
  return probes;
}

bool Probes::calls_for_change(const Target& target, bool healthy, MonoMs now) const {
  if (!target.ever_up) return target.successes > 0;
  if (target.changed && now - *target.changed < times_.change_ms_min) return false;
  return healthy ? target.failures >= times_.down_after : target.successes >= times_.up_after;
}

std::optional<Command> Probes::on_result(const State& state, const std::string& id, bool answered,
                                         MonoMs now) {
  if (in_flight_ > 0) --in_flight_;
  const auto known = targets_.find(id);
  const Endpoint* endpoint = state.endpoint(id);
  if (known == targets_.end() || endpoint == nullptr) return std::nullopt;
  Target& target = known->second;
  target.in_flight = false;
  target.successes = answered ? target.successes + 1 : 0;
  target.failures = answered ? 0 : target.failures + 1;
  const bool change = calls_for_change(target, endpoint->healthy, now);
  const bool settled = target.ever_up || answered;
  target.next = now + (settled ? times_.interval_ms : times_.first_interval_ms);
  if (!change) return std::nullopt;
  target.ever_up = true;
  target.changed = now;
  return SetEndpointHealth{id, target.registered, !endpoint->healthy};
}

}  // namespace millrace::schema_service
