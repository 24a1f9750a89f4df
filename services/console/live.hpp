// Live: the pages that are open, and the last events of the timeline to show to them. What is said
// is said to all of them in one order, encoded once. A page that reads too slowly is cut off, and
// connects again by itself. Used by service (join, recent) and server (the rest). Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "httpkit/server.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::console {

// Which events to show; what is empty matches all.
struct EventFilter {
  std::string type;
  std::string module;
  std::string verb;  // without the module
  std::string request_id;
  std::uint64_t before_id = 0;  // 0: from the newest
  std::size_t limit = 100;
};

class Live {
 public:
  struct Limits {
    std::size_t streams_max = 64;
    std::size_t events_max = 500;
  };
  // Makes the text of an event when its turn has come, so that nobody is told old news after new.
  using Text = std::function<std::string()>;

  explicit Live(Limits limits) : limits_(limits) {}

  // False: the reader is gone. Room is asked for first: `full`.
  bool join(std::shared_ptr<httpkit::Stream> stream, const Text& overview);
  bool full() const;
  std::size_t streams() const;

  // `name`: the event's name in the stream.
  void say(std::string_view name, const Text& text);
  // Newest first.
  void happened(const std::vector<statekit::TimelineEvent>& events);
  void replace(std::vector<statekit::TimelineEvent> events, std::uint64_t dropped);

  std::vector<statekit::TimelineEvent> recent(const EventFilter& filter) const;
  std::uint64_t dropped() const;

  // Ends all streams and lets nobody join any more.
  void close();

 private:
  void say_locked(std::string_view name, const std::string& text);
  std::vector<statekit::TimelineEvent> kept_locked() const;

  const Limits limits_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::shared_ptr<httpkit::Stream>> streams_;
  std::deque<statekit::TimelineEvent> events_;  // newest first
  std::uint64_t dropped_ = 0;
};

}  // namespace millrace::console
