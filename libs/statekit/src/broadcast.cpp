#include "statekit/broadcast.hpp"

#include <limits>

#include "statekit/envelope.hpp"
#include "statekit/result.hpp"

namespace millrace::statekit {

FeedCommit hide_events(FeedCommit commit, const HideEvent& hide) {
  if (!hide) return commit;
  Result<Envelope> envelope = decode_envelope(*commit.bytes);
  check(envelope.has_value(), "a published commit is a well-formed envelope");
  bool any = false;
  for (EnvelopeEvent& event : envelope->events) {
    if (event.hidden || !hide(event.bytes)) continue;
    event = {{}, true, sha256(event.bytes)};
    any = true;
  }
  if (any) commit.bytes = std::make_shared<const Bytes>(encode(*envelope));
  return commit;
}

Broadcast::Broadcast(BroadcastLimits limits, HideEvent hide)
    : limits_(limits), hide_(std::move(hide)) {}

void Broadcast::reset(const Position& base) {
  {
    std::lock_guard lock(mutex_);
    base_ = base;
    ring_.clear();
    bytes_ = 0;
  }
  wake_all();
}

FeedCommit Broadcast::as_sent(FeedCommit commit) const {
  return hide_events(std::move(commit), hide_);
}

void Broadcast::publish(FeedCommit commit) {
  commit = as_sent(std::move(commit));
  {
    std::lock_guard lock(mutex_);
    check(commit.revision == base_.revision + ring_.size() + 1,
          "commits are published in order, without gaps");
    bytes_ += commit.bytes->size();
    ring_.push_back(std::move(commit));
    trim();
  }
  wake_all();
}

// REQUIRES: mutex_ is held. The newest commit always stays.
void Broadcast::trim() {
  Revision pinned = std::numeric_limits<Revision>::max();
  {
    std::lock_guard lock(pins_->mutex);
    if (!pins_->after.empty()) pinned = *pins_->after.begin();
  }
  while (ring_.size() > 1) {
    const bool wanted = pinned < ring_.front().revision;
    const std::size_t commits_max = wanted ? limits_.pinned_commits_max : limits_.commits_max;
    const std::size_t bytes_max = wanted ? limits_.pinned_bytes_max : limits_.bytes_max;
    if (ring_.size() <= commits_max && bytes_ <= bytes_max) break;
    base_.revision = ring_.front().revision;
    base_.digest = ring_.front().digest;
    bytes_ -= ring_.front().bytes->size();
    ring_.pop_front();
  }
}

Position Broadcast::head() const {
  std::lock_guard lock(mutex_);
  if (ring_.empty()) return base_;
  return {base_.incarnation, ring_.back().revision, ring_.back().digest};
}

Broadcast::Read Broadcast::read_after(Revision after, std::size_t max_commits,
                                      std::size_t max_bytes) const {
  std::lock_guard lock(mutex_);
  Read read;
  read.fell_out = after < base_.revision;
  if (read.fell_out) return read;
  std::size_t bytes = 0;
  for (std::size_t i = after - base_.revision; i < ring_.size(); ++i) {
    bytes += ring_[i].bytes->size();
    if (read.commits.size() == max_commits || (!read.commits.empty() && bytes > max_bytes)) break;
    read.commits.push_back(ring_[i]);
  }
  return read;
}

std::optional<Digest> Broadcast::digest_at(Revision revision) const {
  std::lock_guard lock(mutex_);
  if (revision == base_.revision) return base_.digest;
  if (revision < base_.revision || revision > base_.revision + ring_.size()) return std::nullopt;
  return ring_[revision - base_.revision - 1].digest;
}

std::size_t Broadcast::mean_bytes() const {
  std::lock_guard lock(mutex_);
  return ring_.empty() ? 0 : bytes_ / ring_.size();
}

std::uint64_t Broadcast::subscribe(std::function<void()> wake) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->wake = std::move(wake);
  std::lock_guard lock(subscribers_mutex_);
  subscribers_.emplace(++last_id_, std::move(subscriber));
  return last_id_;
}

void Broadcast::unsubscribe(std::uint64_t id) {
  std::shared_ptr<Subscriber> subscriber;
  {
    std::lock_guard lock(subscribers_mutex_);
    const auto it = subscribers_.find(id);
    if (it == subscribers_.end()) return;
    subscriber = std::move(it->second);
    subscribers_.erase(it);
  }
  std::lock_guard lock(subscriber->mutex);
  subscriber->wake = nullptr;
}

void Broadcast::wake_all() {
  std::vector<std::shared_ptr<Subscriber>> subscribers;
  {
    std::lock_guard lock(subscribers_mutex_);
    subscribers.reserve(subscribers_.size());
    for (const auto& [id, subscriber] : subscribers_) subscribers.push_back(subscriber);
  }
  for (const auto& subscriber : subscribers) {
    std::lock_guard lock(subscriber->mutex);
    if (subscriber->wake) subscriber->wake();
  }
}

Broadcast::Pin Broadcast::pin(Revision after) {
  // Under the ring's lock, so that no publish trims between the caller's look and the pin.
  std::lock_guard ring_lock(mutex_);
  std::lock_guard lock(pins_->mutex);
  const auto where = pins_->after.insert(after);
  return Pin(static_cast<const void*>(pins_.get()), [pins = pins_, where](const void*) {
    std::lock_guard unlock(pins->mutex);
    pins->after.erase(where);
  });
}

}  // namespace millrace::statekit
