// TimelineTail: follows the timeline and tells Live what happened. One way back after any trouble:
// wait a little longer than the last time, ask for the newest events, follow from there. A thread
// of its own; used by server.cpp. start and stop from one thread, `error` from any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "services/console/live.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/result.hpp"

namespace millrace::console {

class TimelineTail {
 public:
  // `live` outlives it. No channel: there is nothing to follow.
  TimelineTail(statekit::Channel timeline, Live& live, std::size_t events_max)
      : timeline_(std::move(timeline)), live_(live), events_max_(events_max) {}
  TimelineTail(const TimelineTail&) = delete;
  TimelineTail& operator=(const TimelineTail&) = delete;
  ~TimelineTail() { stop(); }

  void start();
  void stop();  // idempotent

  // Why nothing new is shown; empty while the timeline is followed.
  std::string error() const;

 private:
  void run();
  statekit::Error follow_once();
  statekit::Result<std::uint64_t> take_newest();
  bool begin(std::function<void()> cancel);
  void end();
  void set_error(std::string error);
  bool pause(std::int64_t ms);

  const statekit::Channel timeline_;
  Live& live_;
  const std::size_t events_max_;
  std::int64_t backoff_ms_ = 0;  // of the thread only
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::function<void()> cancel_;  // ends the call in hand
  std::string error_ = "the timeline has not answered yet";
  std::thread thread_;
};

}  // namespace millrace::console
