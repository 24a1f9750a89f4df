// TimelineService as commands see it: pages of what happened, and a stream of what happens.
// Blocking; the stream from one thread, its cancel from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/client/reports.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

statekit::Result<Pong> ping_timeline(const std::string& address, std::int64_t deadline_ms);

// `limit` 0: the service's default. `before_id` 0: from the newest.
statekit::Result<TimelinePage> query_timeline(const std::string& address,
                                              const TimelineFilter& filter, std::uint32_t limit,
                                              std::uint64_t before_id, std::int64_t deadline_ms);

// What is kept for the audit; `who` empty: of everybody. A timeline that keeps none apart answers
// as to query_timeline.
statekit::Result<AuditPage> query_audit(const std::string& address, const TimelineFilter& filter,
                                        const std::string& who, std::uint32_t limit,
                                        std::uint64_t before_id, std::int64_t deadline_ms);

class TimelineStream {
 public:
  // Events after `after_id`; 0: all that are kept and match, then what comes.
  TimelineStream(const std::string& address, const TimelineFilter& filter, std::uint64_t after_id);
  ~TimelineStream();
  TimelineStream(const TimelineStream&) = delete;
  TimelineStream& operator=(const TimelineStream&) = delete;

  struct Batch {
    std::vector<TimelineEvent> events;
    bool gap = false;  // events before these are no longer kept
  };
  // Waits for the next events. An error: the stream is over (Cancelled after `cancel`).
  statekit::Result<Batch> next();
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::cli
