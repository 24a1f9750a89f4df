// TimelineService: what the timeline does, without gRPC: it takes events in, answers queries, and
// tells its readers that there is more. Thread safe; nothing here blocks. What a reader of the
// stream has not read yet stays in the ring and nowhere else, so a slow one costs nothing and loses
// the oldest.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "services/timeline/audit.hpp"
#include "services/timeline/state.hpp"
#include "statekit/clock.hpp"

namespace millrace::timeline {

struct TimelineLimits {
  RingLimits ring;
  std::size_t event_bytes_max = 64 * 1024;  // larger ones are dropped
  std::size_t query_events_max = 10'000;
  std::size_t query_bytes_max = std::size_t{4} << 20;
  std::size_t batch_events_max = 256;  // of one message of a stream
  std::size_t batch_bytes_max = std::size_t{256} << 10;
  std::size_t batch_scanned_max = 4'096;  // events looked at in one go for one reader
  std::size_t streams_max = 256;
};

struct Published {
  std::uint64_t accepted = 0;
  std::uint64_t dropped = 0;
};

struct Page {
  std::vector<EventPtr> events;  // newest first
  std::uint64_t oldest_id = 0;
  std::uint64_t dropped = 0;
};

class TimelineService {
 public:
  TimelineService(const statekit::Clock& clock, TimelineLimits limits, AuditOptions audit = {});
  ~TimelineService();
  TimelineService(const TimelineService&) = delete;
  TimelineService& operator=(const TimelineService&) = delete;

  // Events without a time get the present one. Calls `then` once, at once or on another thread:
  // what is for the audit is then kept as Audit::add says.
  using Answer = std::function<void(const Published&)>;
  Published publish(
      std::vector<TimelineEvent> events, const Answer& then = [](const Published&) {});
  // Counts what was lost before it got here.
  void count_dropped(std::uint64_t events) { dropped_ += events; }

  // `limit` 0 means 100. A page may end early for its size; go on before the id of its last event.
  Page query(const Filter& filter, std::size_t limit, std::uint64_t before_id) const;
  // Likewise of what is kept for the audit, which has ids of its own.
  AuditPage query_audit(const Filter& filter, const std::string& who, std::size_t limit,
                        std::uint64_t before_id) const;
  Batch read_after(std::uint64_t position, const Filter& filter) const;

  std::uint64_t newest_id() const;
  std::size_t size() const;
  std::size_t bytes() const;
  std::uint64_t dropped() const { return dropped_; }
  AuditFigures audit_figures() const { return audit_.figures(); }

  // Calls `wake` on this service's thread after events came in, until unwatch returned. 0: too many
  // watch already.
  std::uint64_t watch(std::function<void()> wake);
  void unwatch(std::uint64_t id);
  std::size_t watching() const;

  void stop();  // no more wakes, and what is for the audit is written; idempotent

 private:
  void run();
  PageLimits page_limits(std::size_t limit) const;

  const statekit::Clock& clock_;
  const TimelineLimits limits_;
  std::atomic<std::uint64_t> dropped_{0};

  mutable std::shared_mutex ring_mutex_;
  TimelineState ring_;
  Audit audit_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::shared_ptr<const std::function<void()>>> watchers_;
  std::uint64_t last_watcher_ = 0;
  std::uint64_t waking_ = 0;  // the watcher that is being called
  bool news_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace millrace::timeline
