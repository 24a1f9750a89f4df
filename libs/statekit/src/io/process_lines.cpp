#include "statekit/io/process_lines.hpp"

#include <utility>

#include "statekit/io/log.hpp"

namespace millrace::statekit {
namespace {

constexpr std::int64_t flush_ms_max = 500;  // for lines that wait for the timeline, at the end

}  // namespace

void ProcessLines::add_to(Program& program, std::function<Channel()> timeline) {
  program.add(
      "log lines for the timeline",
      [this, timeline = std::move(timeline)]() -> Status {
        start(timeline());
        return {};
      },
      [this] { stop(); });
}

void ProcessLines::add_to(Program& program, const std::string& timeline,
                          const ChannelOptions& options) {
  add_to(program, [=] { return timeline.empty() ? Channel() : connect(timeline, options); });
}

void ProcessLines::start(const Channel& timeline) {
  if (!timeline) return;
  publisher_ = std::make_unique<TimelinePublisher>(to_timeline(timeline));
  audit_ = std::make_unique<TimelinePublisher>(to_timeline(timeline));
  log_ = std::make_unique<TimelineLog>(*publisher_, clock_, TimelineLogLimits{}, audit_.get());
  set_log_sink([this](const LogLine& line) { log_->add_own(line, process_); });
}

void ProcessLines::stop() {
  if (!publisher_) return;
  set_log_sink(nullptr);
  audit_->stop(flush_ms_max);
  publisher_->stop(flush_ms_max);
  log_.reset();
  audit_.reset();
  publisher_.reset();
}

}  // namespace millrace::statekit
