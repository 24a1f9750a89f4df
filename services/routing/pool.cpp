#include "services/routing/pool.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::routing {

EndpointPool::Lease EndpointPool::pick(const Route& route, std::span<const std::string> tried,
                                       std::uint64_t random, MonoMs now) {
  const std::span<const Target> targets = route.targets;
  std::lock_guard lock(mutex_);
  std::vector<Candidate> candidates;
  candidates.reserve(targets.size());
  for (const Target& target : targets) {
    const bool again = std::find(tried.begin(), tried.end(), target.id) != tried.end();
    const Member& each = *member(route.deployment, target);
    candidates.push_back({each.in_flight.load(), again || each.ejection.out(now)});
  }
  return Lease(member(route.deployment, targets[choose(candidates, random)]));
}

// An endpoint that registered again at another address is another one.
const std::shared_ptr<EndpointPool::Member>& EndpointPool::member(std::string_view deployment,
                                                                  const Target& target) {
  const auto found = members_.find(target.id);
  if (found != members_.end() && found->second->address == target.address) return found->second;
  auto fresh = std::make_shared<Member>();
  fresh->id = target.id;
  fresh->address = target.address;
  fresh->deployment = deployment;
  fresh->connection = transport_.connect(target.address);
  std::shared_ptr<Member>& place = members_[target.id];
  if (place != nullptr) leaving_.push_back(place);
  return place = std::move(fresh);
}

void EndpointPool::answered(const Lease& lease) {
  std::lock_guard lock(mutex_);
  lease.member_->ejection.answered();
}

void EndpointPool::failed(const Lease& lease, MonoMs now) {
  std::lock_guard lock(mutex_);
  lease.member_->ejection.failed(now, limits_);
}

void EndpointPool::forget(const std::function<bool(std::string_view)>& known) {
  std::vector<std::shared_ptr<Member>> gone;  // let go of outside the lock
  std::lock_guard lock(mutex_);
  const auto idle = std::partition(leaving_.begin(), leaving_.end(),
                                   [](const auto& each) { return each->in_flight > 0; });
  gone.assign(std::make_move_iterator(idle), std::make_move_iterator(leaving_.end()));
  leaving_.erase(idle, leaving_.end());
  for (auto at = members_.begin(); at != members_.end();) {
    if (known(at->first)) {
      ++at;
      continue;
    }
    const bool busy = at->second->in_flight > 0;
    (busy ? leaving_ : gone).push_back(std::move(at->second));
    at = members_.erase(at);
  }
}

std::map<std::string, std::uint64_t> EndpointPool::calls_in_flight() const {
  std::map<std::string, std::uint64_t> calls;
  const auto count = [&calls](const Member& member) {
    const std::uint32_t in_flight = member.in_flight;
    if (in_flight > 0) calls[member.deployment] += in_flight;
  };
  std::lock_guard lock(mutex_);
  for (const auto& [id, member] : members_) count(*member);
  for (const auto& member : leaving_) count(*member);
  return calls;
}

std::size_t EndpointPool::size() const {
  std::lock_guard lock(mutex_);
  return members_.size();
}

std::size_t EndpointPool::ejected(MonoMs now) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(),
                    [&](const auto& each) { return each.second->ejection.out(now); }));
}

}  // namespace millrace::routing
