// TimelineLog: lines of text become log events of the timeline, each cut to a length, and no more
// of them than so many a second; the rest is counted and told with the next one that goes. What is
// for the audit (statekit/audit_line.hpp) is left out by no rate and waits in a queue of its own.
// Used by ProcessLines for what services warn of, and by `millrace run` for what a program prints.
// Thread safe; never waits.
#pragma once

#include <cstdint>
#include <mutex>

#include "statekit/allowance.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/timeline_publisher.hpp"

namespace millrace::statekit {

struct TimelineLogLimits {
  std::size_t line_bytes_max = 4'096;
  std::int64_t burst_max = 500;
  std::int64_t per_second_max = 100;
};

class TimelineLog {
 public:
  // All outlive it. `audit`: where lines for the audit wait; null: with the others.
  TimelineLog(TimelinePublisher& publisher, const Clock& clock, TimelineLogLimits limits = {},
              TimelinePublisher* audit = nullptr);

  void add(LogEvent event);
  // A line of this process's own log: warnings and errors go, but not those about the timeline,
  // which would call for each other. The source is what stands before the first dot; `process`,
  // unless empty, becomes a field.
  void add_own(const LogLine& line, const std::string& process = {});

 private:
  void add_audited(LogEvent event);

  TimelinePublisher& publisher_;
  TimelinePublisher& audit_;
  const Clock& clock_;
  const TimelineLogLimits limits_;
  std::mutex mutex_;
  Allowance allowance_;
  std::uint64_t left_out_ = 0;
  std::uint64_t lost_told_ = 0;  // of what was lost for the audit
};

}  // namespace millrace::statekit
