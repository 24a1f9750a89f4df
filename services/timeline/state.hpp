// TimelineState: the events of the last while, in memory, bounded by number and by bytes: the
// oldest make room. Pure: a value that the service changes under its lock; times and ids come in
// with the events. Events are shared and never change, so an answer copies pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "statekit/timeline_event.hpp"

namespace millrace::timeline {

using statekit::LineLevel;
using statekit::TimelineEvent;
using statekit::WallMs;

using EventPtr = std::shared_ptr<const TimelineEvent>;

// Everything that is set must match.
struct Filter {
  std::vector<std::string> types;  // "call", "ingress", ...; empty: all
  std::string module;
  std::string verb;  // without the module; only calls and requests have one
  std::string request_id;
  LineLevel level_min = LineLevel::unspecified;  // log lines below it are left out
  WallMs since_ms = 0;
  WallMs until_ms = 0;  // 0: no end
  bool operator==(const Filter&) const = default;
};

bool matches(const Filter& filter, const TimelineEvent& event);

struct RingLimits {
  std::size_t events_max = 100'000;
  std::size_t bytes_max = std::size_t{64} << 20;
};

struct PageLimits {
  std::size_t events_max = 100;
  std::size_t bytes_max = std::size_t{2} << 20;
  std::size_t scanned_max = ~std::size_t{0};  // events looked at
};

// Where a reader of the stream stands after what it was given.
struct Batch {
  std::vector<EventPtr> events;  // oldest first
  std::uint64_t position = 0;    // every event up to it was looked at
  bool gap = false;              // events after the old position are no longer kept
  bool more = false;             // a limit ended it
};

class TimelineState {
 public:
  explicit TimelineState(RingLimits limits = {}) : limits_(limits) {}

  // Gives the event the next id. What is larger than the whole ring is kept alone.
  std::uint64_t add(TimelineEvent event);

  // Newest first, only ids below `before_id` (0: all).
  std::vector<EventPtr> query(const Filter& filter, std::uint64_t before_id,
                              const PageLimits& limits) const;

  // What follows `position`. A position of the future is that of a timeline that was lost:
  // everything that is kept comes, with a gap.
  Batch read_after(std::uint64_t position, const Filter& filter, const PageLimits& limits) const;

  std::uint64_t newest_id() const { return newest_; }
  std::uint64_t oldest_id() const { return newest_ - events_.size() + 1; }  // newest + 1: none kept
  std::size_t size() const { return events_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  RingLimits limits_;
  std::deque<EventPtr> events_;  // ids without gaps, so an id is a place
  std::size_t bytes_ = 0;
  std::uint64_t newest_ = 0;
};

}  // namespace millrace::timeline
