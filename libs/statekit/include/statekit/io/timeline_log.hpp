// TimelineLog: lines of text become log events of the timeline, each cut to a length, and no more
// of them than so many a second; the rest is counted and told with the next one that goes. Used by
// ProcessLines for what services warn of, and by `millrace run` for what a program prints.
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
  // Both outlive it.
  TimelineLog(TimelinePublisher& publisher, const Clock& clock, TimelineLogLimits limits = {});

  void add(LogEvent event);
  // A line of this process's own log: warnings and errors go, but not those about the timeline,
  // which would call for each other. The source is what stands before the first dot; `process`,
  // unless empty, becomes a field.
  void add_own(const LogLine& line, const std::string& process = {});

 private:
  TimelinePublisher& publisher_;
  const Clock& clock_;
  const TimelineLogLimits limits_;
  std::mutex mutex_;
  Allowance allowance_;
  std::uint64_t left_out_ = 0;
};

}  // namespace millrace::statekit
