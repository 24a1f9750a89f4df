#include "statekit/io/timeline_log.hpp"

#include <utility>

#include "statekit/utf8.hpp"

namespace millrace::statekit {

TimelineLog::TimelineLog(TimelinePublisher& publisher, const Clock& clock, TimelineLogLimits limits)
    : publisher_(publisher),
      clock_(clock),
      limits_(limits),
      allowance_(limits.burst_max, limits.per_second_max) {}

void TimelineLog::add(LogEvent event) {
  event.message = shortened(valid_utf8(event.message), limits_.line_bytes_max);
  {
    const std::lock_guard lock(mutex_);
    // What is audited is not left out; the publisher's queue bounds it.
    if (event.source != "audit" && !allowance_.take(clock_.mono_ms())) {
      ++left_out_;
      return;
    }
    if (left_out_ > 0) event.fields["left_out_before"] = std::to_string(left_out_);
    left_out_ = 0;
  }
  publisher_.publish({0, clock_.wall_ms(), {}, {}, std::move(event)});
}

void TimelineLog::add_own(const LogLine& line, const std::string& process) {
  if (line.level < LogLevel::warn || line.event.starts_with("timeline.")) return;
  LogEvent event;
  event.level = line.level == LogLevel::warn ? LineLevel::warn : LineLevel::error;
  event.source = line.event.substr(0, line.event.find('.'));
  event.message = line.event;
  for (const auto& [name, value] : line.fields)
    event.fields[name] = shortened(valid_utf8(value), limits_.line_bytes_max);
  if (!process.empty()) event.fields["process"] = process;
  add(std::move(event));
}

}  // namespace millrace::statekit
