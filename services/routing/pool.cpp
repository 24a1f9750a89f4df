#include "services/routing/pool.hpp"

#include <algorithm>

namespace millrace::routing {

EndpointPool::Lease EndpointPool::pick(std::span<const Target> targets,
                                       std::span<const std::string> tried, std::uint64_t random,
                                       MonoMs now) {
  std::lock_guard lock(mutex_);
  std::vector<Candidate> candidates;
  candidates.reserve(targets.size());
  for (const Target& target : targets) {
    const bool again = std::find(tried.begin(), tried.end(), target.id) != tried.end();
    const Member& each = *member(target);
    candidates.push_back({each.in_flight.load(), again || each.ejection.out(now)});
  }
  return Lease(member(targets[choose(candidates, random)]));
}

// An endpoint that registered again at another address is another one.
const std::shared_ptr<EndpointPool::Member>& EndpointPool::member(const Target& target) {
  const auto found = members_.find(target.id);
  if (found != members_.end() && found->second->address == target.address) return found->second;
  auto fresh = std::make_shared<Member>();
  fresh->id = target.id;
  fresh->address = target.address;
  fresh->connection = transport_.connect(target.address);
  return members_.insert_or_assign(target.id, std::move(fresh)).first->second;
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
  for (auto at = members_.begin(); at != members_.end();) {
    if (known(at->first)) {
      ++at;
      continue;
    }
    gone.push_back(std::move(at->second));
    at = members_.erase(at);
  }
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
