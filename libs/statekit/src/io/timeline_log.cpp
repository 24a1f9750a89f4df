#include "statekit/io/timeline_log.hpp"

#include <utility>

#include "statekit/audit_line.hpp"
#include "statekit/utf8.hpp"

namespace millrace::statekit {

TimelineLog::TimelineLog(TimelinePublisher& publisher, const Clock& clock, TimelineLogLimits limits,
                         TimelinePublisher* audit)
    : publisher_(publisher),
      audit_(audit == nullptr ? publisher : *audit),
      clock_(clock),
      limits_(limits),
      allowance_(limits.burst_max, limits.per_second_max) {}

void TimelineLog::add(LogEvent event) {
  event.message = shortened(valid_utf8(event.message), limits_.line_bytes_max);
  if (audit_kind(event) != AuditKind::none) return add_audited(std::move(event));
  {
    const std::lock_guard lock(mutex_);
    if (!allowance_.take(clock_.mono_ms())) {
      ++left_out_;
      return;
    }
    if (left_out_ > 0) event.fields["left_out_before"] = std::to_string(left_out_);
    left_out_ = 0;
  }
  publisher_.publish({0, clock_.wall_ms(), {}, {}, std::move(event)});
}

// The queue bounds them, and what was denied leaves half of it to what was done; what did not fit,
// or was not taken, is told with the next one that goes.
void TimelineLog::add_audited(LogEvent event) {
  const Weight weight = audit_kind(event) == AuditKind::denied ? Weight::half : Weight::full;
  const std::lock_guard lock(mutex_);
  const std::uint64_t lost = audit_.dropped();
  if (lost > lost_told_) event.fields["lost_before"] = std::to_string(lost - lost_told_);
  if (audit_.publish({0, clock_.wall_ms(), {}, {}, std::move(event)}, weight)) lost_told_ = lost;
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
