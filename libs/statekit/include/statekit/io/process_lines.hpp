// ProcessLines: what a process warns of, told to the timeline for as long as its Program runs. Made
// by main, once in a process: it takes the log's sink. It never waits for the timeline, but for
// half a second or two at the end, for what is under way.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "statekit/clock.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/program.hpp"
#include "statekit/io/timeline_log.hpp"
#include "statekit/io/timeline_publisher.hpp"

namespace millrace::statekit {

class ProcessLines {
 public:
  // `process`: each line says that it is from this one; empty: they do not say.
  ProcessLines(std::string process, const Clock& clock)
      : process_(std::move(process)), clock_(clock) {}
  ~ProcessLines() { stop(); }
  ProcessLines(const ProcessLines&) = delete;
  ProcessLines& operator=(const ProcessLines&) = delete;

  // As the next part of the program. `timeline` is asked for when that part starts; no channel:
  // nothing is told.
  void add_to(Program& program, std::function<Channel()> timeline);
  // The same, at an address; empty: nothing is told.
  void add_to(Program& program, const std::string& timeline, const ChannelOptions& options = {});

 private:
  void start(const Channel& timeline);
  void stop();

  const std::string process_;
  const Clock& clock_;
  std::unique_ptr<TimelinePublisher> publisher_;
  std::unique_ptr<TimelinePublisher> audit_;  // a queue that nothing else fills
  std::unique_ptr<TimelineLog> log_;
};

}  // namespace millrace::statekit
