#include "services/timeline/service.hpp"

#include <algorithm>

namespace millrace::timeline {

namespace {

bool is_for_audit(const TimelineEvent& event) {
  const auto* const line = std::get_if<statekit::LogEvent>(&event.what);
  return line != nullptr && audit_kind(*line) != AuditKind::none;
}

}  // namespace

TimelineService::TimelineService(const statekit::Clock& clock, TimelineLimits limits,
                                 AuditOptions audit)
    : clock_(clock),
      limits_(limits),
      ring_(limits.ring),
      audit_(clock, std::move(audit)),
      thread_([this] { run(); }) {}

TimelineService::~TimelineService() { stop(); }

Published TimelineService::publish(std::vector<TimelineEvent> events, const Answer& then) {
  Published out;
  std::vector<TimelineEvent> audited;
  {
    std::unique_lock lock(ring_mutex_);
    for (TimelineEvent& event : events) {
      if (size_of(event) > limits_.event_bytes_max) {
        ++out.dropped;
        continue;
      }
      if (event.time_ms == 0) event.time_ms = clock_.wall_ms();
      if (is_for_audit(event)) audited.push_back(event);
      ring_.add(std::move(event));
      ++out.accepted;
    }
  }
  dropped_ += out.dropped;
  if (out.accepted > 0) {
    std::lock_guard lock(mutex_);
    news_ = true;
    changed_.notify_all();
  }
  if (audited.empty())
    then(out);
  else
    audit_.add(std::move(audited), [then, out] { then(out); });
  return out;
}

PageLimits TimelineService::page_limits(std::size_t limit) const {
  PageLimits limits;
  limits.events_max = std::min(limit == 0 ? 100 : limit, limits_.query_events_max);
  limits.bytes_max = limits_.query_bytes_max;
  return limits;
}

Page TimelineService::query(const Filter& filter, std::size_t limit,
                            std::uint64_t before_id) const {
  const PageLimits limits = page_limits(limit);
  std::shared_lock lock(ring_mutex_);
  return {ring_.query(filter, before_id, limits), ring_.oldest_id(), dropped_};
}

AuditPage TimelineService::query_audit(const Filter& filter, const std::string& who,
                                       std::size_t limit, std::uint64_t before_id) const {
  return audit_.query(filter, who, before_id, page_limits(limit));
}

Batch TimelineService::read_after(std::uint64_t position, const Filter& filter) const {
  const PageLimits limits{limits_.batch_events_max, limits_.batch_bytes_max,
                          limits_.batch_scanned_max};
  std::shared_lock lock(ring_mutex_);
  return ring_.read_after(position, filter, limits);
}

std::uint64_t TimelineService::newest_id() const {
  std::shared_lock lock(ring_mutex_);
  return ring_.newest_id();
}

std::size_t TimelineService::size() const {
  std::shared_lock lock(ring_mutex_);
  return ring_.size();
}

std::size_t TimelineService::bytes() const {
  std::shared_lock lock(ring_mutex_);
  return ring_.bytes();
}

std::uint64_t TimelineService::watch(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  if (stopped_ || watchers_.size() >= limits_.streams_max) return 0;
  const std::uint64_t id = ++last_watcher_;
  watchers_.emplace(id, std::make_shared<const std::function<void()>>(std::move(wake)));
  return id;
}

void TimelineService::unwatch(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  watchers_.erase(id);
  if (std::this_thread::get_id() == thread_.get_id()) return;  // from within its own wake
  changed_.wait(lock, [&] { return waking_ != id; });
}

std::size_t TimelineService::watching() const {
  std::lock_guard lock(mutex_);
  return watchers_.size();
}

void TimelineService::stop() {
  audit_.stop();
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// News that come while the watchers are called are told in one more round.
void TimelineService::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || news_; });
    if (stopped_) return;
    news_ = false;
    for (std::uint64_t id = 0; !stopped_;) {
      const auto next = watchers_.upper_bound(id);
      if (next == watchers_.end()) break;
      id = waking_ = next->first;
      const auto wake = next->second;
      lock.unlock();
      (*wake)();
      lock.lock();
      waking_ = 0;
      changed_.notify_all();
    }
  }
}

}  // namespace millrace::timeline
