#include "services/timeline/audit_room.hpp"

#include <algorithm>
#include <utility>

namespace millrace::timeline {

using statekit::LogEvent;

namespace {

const LogEvent& line_of(const TimelineEvent& event) { return std::get<LogEvent>(event.what); }

}  // namespace

std::uint64_t AuditRoom::oldest_id() const {
  return held_.empty() ? newest_ + 1 : held_.begin()->first;
}

void AuditRoom::put(EventPtr event) {
  const LogEvent& line = line_of(*event);
  const AuditKind kind = audit_kind(line);
  std::string name = audit_share(line);
  const std::size_t bytes = size_of(*event);
  Part& here = part(kind);
  Share& share = here.shares[name];
  if (!share.ids.empty()) here.ranks.erase(Rank(name, share));
  share.ids.push_back(event->id);
  share.bytes += bytes;
  here.ranks.insert(Rank(name, share));
  ++here.events;
  here.bytes += bytes;
  const std::uint64_t id = event->id;
  held_.emplace(id, Held{std::move(event), kind, std::move(name)});
}

void AuditRoom::make_room(Part& part, Ids& gone) {
  while (part.events > 1 && (part.events > limits_.events_max || part.bytes > limits_.bytes_max)) {
    const Rank most = *part.ranks.begin();
    part.ranks.erase(part.ranks.begin());
    Share& share = part.shares.at(most.share);
    const auto held = held_.find(share.ids.front());
    const std::size_t bytes = size_of(*held->second.event);
    share.ids.pop_front();
    share.bytes -= bytes;
    if (share.ids.empty())
      part.shares.erase(most.share);
    else
      part.ranks.insert(Rank(most.share, share));
    --part.events;
    part.bytes -= bytes;
    ++part.gone.events;
    part.gone.newest_ms = std::max(part.gone.newest_ms, held->second.event->time_ms);
    gone.push_back(held->first);
    held_.erase(held);
  }
}

std::uint64_t AuditRoom::add(TimelineEvent event, Ids& gone) {
  event.id = ++newest_;
  const AuditKind kind = audit_kind(line_of(event));
  put(std::make_shared<const TimelineEvent>(std::move(event)));
  make_room(part(kind), gone);
  return newest_;
}

AuditRoom::Ids AuditRoom::restore(std::vector<TimelineEvent> events, std::uint64_t newest_id,
                                  AuditGone done, AuditGone denied) {
  part(AuditKind::done).gone = done;
  part(AuditKind::denied).gone = denied;
  newest_ = newest_id;
  Ids gone;
  for (TimelineEvent& event : events) {
    newest_ = std::max(newest_, event.id);
    put(std::make_shared<const TimelineEvent>(std::move(event)));
  }
  for (Part& each : parts_) make_room(each, gone);
  return gone;
}

std::vector<EventPtr> AuditRoom::query(const Filter& filter, const std::string& who,
                                       std::uint64_t before_id, const PageLimits& limits) const {
  Filter rest = filter;
  rest.module.clear();
  const AuditFilter wanted{who, filter.module};
  std::vector<EventPtr> page;
  std::size_t bytes = 0;
  auto at = before_id == 0 ? held_.end() : held_.lower_bound(before_id);
  while (at != held_.begin() && page.size() < limits.events_max) {
    const EventPtr& event = (--at)->second.event;
    if (!matches(rest, *event) || !matches(wanted, line_of(*event))) continue;
    bytes += size_of(*event);
    if (!page.empty() && bytes > limits.bytes_max) break;
    page.push_back(event);
  }
  return page;
}

std::vector<EventPtr> AuditRoom::all() const {
  std::vector<EventPtr> events;
  events.reserve(held_.size());
  for (const auto& [id, held] : held_) events.push_back(held.event);
  return events;
}

}  // namespace millrace::timeline
