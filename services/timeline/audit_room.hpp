// AuditRoom: what the platform told for the audit, apart from all else that happens. What was done
// and what was denied have a part each, so neither takes from the other; within a part whoever has
// most makes room first, so a flooder pushes out its own. Pure: a value that Audit (audit.hpp)
// changes under its lock; times and ids come in with the events and from the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/timeline/state.hpp"
#include "statekit/audit_line.hpp"

namespace millrace::timeline {

using statekit::AuditFilter;
using statekit::AuditKind;

// Of each of the two parts.
struct AuditLimits {
  std::size_t events_max = 20'000;
  std::size_t bytes_max = std::size_t{16} << 20;
};

// What made room in one part since it was begun.
struct AuditGone {
  std::uint64_t events = 0;
  WallMs newest_ms = 0;  // the newest of them is of this time
  bool operator==(const AuditGone&) const = default;
};

class AuditRoom {
 public:
  using Ids = std::vector<std::uint64_t>;

  explicit AuditRoom(AuditLimits limits = {}) : limits_(limits) {}

  // Gives the event the next id; says which others made room for it. What is larger than the whole
  // part is kept alone. REQUIRES: it is of the audit.
  std::uint64_t add(TimelineEvent event, Ids& gone);

  // Begins with what a room kept before, oldest first, with its ids; says which of them do not fit
  // any more. REQUIRES: nothing was added yet.
  Ids restore(std::vector<TimelineEvent> events, std::uint64_t newest_id, AuditGone done,
              AuditGone denied);

  // Newest first, only ids below `before_id` (0: all). The filter's module is the audit's.
  std::vector<EventPtr> query(const Filter& filter, const std::string& who, std::uint64_t before_id,
                              const PageLimits& limits) const;
  std::vector<EventPtr> all() const;  // oldest first

  std::uint64_t newest_id() const { return newest_; }
  std::uint64_t oldest_id() const;  // newest + 1: none kept
  std::size_t events(AuditKind kind) const { return part(kind).events; }
  std::size_t bytes(AuditKind kind) const { return part(kind).bytes; }
  const AuditGone& gone(AuditKind kind) const { return part(kind).gone; }
  // REQUIRES: it is kept.
  const EventPtr& at(std::uint64_t id) const { return held_.at(id).event; }

 private:
  struct Held {
    EventPtr event;
    AuditKind kind;
    std::string share;
  };
  struct Share {
    std::deque<std::uint64_t> ids;
    std::size_t bytes = 0;
  };
  // Who has most stands first; of those who have as much, whose oldest is the oldest. A single
  // event has no weight, however large: it goes by its age, and never as it comes in.
  struct Rank {
    Rank(const std::string& name, const Share& of)
        : weight(of.ids.size() > 1 ? of.bytes : 0), oldest(of.ids.front()), share(name) {}
    std::size_t weight;
    std::uint64_t oldest;
    std::string share;
    bool operator<(const Rank& other) const {
      return weight != other.weight ? weight > other.weight : oldest < other.oldest;
    }
  };
  struct Part {
    std::size_t events = 0;
    std::size_t bytes = 0;
    std::map<std::string, Share> shares;
    std::set<Rank> ranks;
    AuditGone gone;
  };

  // What an older room does not know yet counts as done.
  const Part& part(AuditKind kind) const { return parts_[kind == AuditKind::denied ? 0 : 1]; }
  Part& part(AuditKind kind) { return parts_[kind == AuditKind::denied ? 0 : 1]; }
  void put(EventPtr event);
  void make_room(Part& part, Ids& gone);

  AuditLimits limits_;
  std::map<std::uint64_t, Held> held_;
  std::array<Part, 2> parts_;
  std::uint64_t newest_ = 0;
};

}  // namespace millrace::timeline
