#include "services/schema/replicas.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace millrace::schema_service {

using statekit::FollowerRecord;
using statekit::Member;
using statekit::MonoMs;

std::vector<FollowerRecord> merge_followers(std::vector<FollowerRecord> own,
                                            const std::vector<ReplicaFacts>& others) {
  std::map<std::pair<std::string, std::string>, FollowerRecord> merged;
  const auto add = [&](FollowerRecord& record) {
    const auto [known, fresh] = merged.try_emplace({record.kind, record.instance}, record);
    if (fresh) return;
    FollowerRecord& there = known->second;
    const bool newer = record.live != there.live ? record.live : record.seen_ms > there.seen_ms;
    const bool same = record.state_digest_at == there.state_digest_at;
    const bool later = record.state_digest_at > there.state_digest_at;
    const bool diverged = same    ? record.diverged || there.diverged
                          : later ? record.diverged
                                  : there.diverged;
    const auto reported_at = std::max(record.state_digest_at, there.state_digest_at);
    if (newer) there = record;
    there.diverged = diverged;
    there.state_digest_at = reported_at;
  };
  for (FollowerRecord& record : own) add(record);
  for (const ReplicaFacts& other : others)
    for (FollowerRecord record : other.followers) add(record);
  std::vector<FollowerRecord> all;
  for (auto& [key, record] : merged) all.push_back(std::move(record));
  return all;
}

Replicas::Replicas(std::unique_ptr<statekit::Presence> presence, std::string id,
                   std::function<ReplicaFacts()> tell, const statekit::Clock& clock,
                   ReplicaTimes times)
    : presence_(presence && presence->shared() ? std::move(presence) : nullptr),
      id_(std::move(id)),
      tell_(std::move(tell)),
      clock_(clock),
      times_(times) {}

Replicas::~Replicas() { leave(); }

void Replicas::join(const std::string& address) {
  {
    const std::lock_guard lock(mutex_);
    address_ = address;
  }
  if (shared() && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void Replicas::leave() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (presence_) presence_->leave();
}

void Replicas::run() {
  for (;;) {
    round();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::milliseconds(times_.round_ms),
                       [this] { return stopping_; }))
      return;
  }
}

void Replicas::round() {
  if (!shared()) return;
  ReplicaFacts own = tell_();
  {
    const std::lock_guard lock(mutex_);
    own.address = address_;
  }
  // Counted from before it was said, so that this one never believes longer than the others do.
  const MonoMs begun = clock_.mono_ms();
  const auto said = presence_->announce({id_, encode(own, begun)}, times_.ttl_ms);
  const auto members = presence_->members();
  const MonoMs now = clock_.mono_ms();
  std::vector<ReplicaFacts> others;
  if (members) {
    for (const Member& member : *members) {
      if (member.id == id_) continue;
      if (auto facts = decode_replica(member, now)) others.push_back(std::move(*facts));
    }
  }
  const std::lock_guard lock(mutex_);
  if (said && members) {
    announced_ = true;
    announced_ms_ = begun;
  }
  if (members) others_ = std::move(others);
}

bool Replicas::here_locked() const {
  return announced_ && clock_.mono_ms() - announced_ms_ < times_.ttl_ms;
}

bool Replicas::is_writer() const {
  if (!shared()) return true;
  const std::lock_guard lock(mutex_);
  return here_locked() && (others_.empty() || id_ < others_.front().id);
}

std::string Replicas::writer() const {
  if (!shared()) return id_;
  const std::lock_guard lock(mutex_);
  if (!here_locked()) return {};
  return others_.empty() ? id_ : std::min(id_, others_.front().id);
}

std::string Replicas::writer_address() const {
  if (!shared()) return {};
  const std::lock_guard lock(mutex_);
  if (!here_locked() || others_.empty() || id_ < others_.front().id) return {};
  return others_.front().address;
}

std::vector<ReplicaFacts> Replicas::all() const {
  ReplicaFacts own = tell_();
  const std::lock_guard lock(mutex_);
  own.address = address_;
  std::vector<ReplicaFacts> all = others_;
  for (ReplicaFacts& other : all)
    if (!here_locked()) other.ready.reset();
  const auto lower = [](const ReplicaFacts& a, const ReplicaFacts& b) { return a.id < b.id; };
  all.insert(std::lower_bound(all.begin(), all.end(), own, lower), own);
  return all;
}

std::vector<ReplicaFacts> Replicas::others() const {
  const std::lock_guard lock(mutex_);
  return here_locked() ? others_ : std::vector<ReplicaFacts>();
}

}  // namespace millrace::schema_service
