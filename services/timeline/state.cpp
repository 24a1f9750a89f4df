#include "services/timeline/state.hpp"

#include <algorithm>

namespace millrace::timeline {
namespace {

using namespace statekit;

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

struct OfModule {
  const std::string& module;
  bool operator()(const CallEvent& e) const { return e.module == module; }
  bool operator()(const IngressEvent& e) const { return e.module == module; }
  bool operator()(const LogEvent& e) const { return e.source == module; }
  bool operator()(const ChangesetEvent& e) const { return has(e.modules, module); }
  bool operator()(const DeploymentEvent& e) const { return e.module == module; }
};

struct OfVerb {
  const std::string& verb;
  bool operator()(const CallEvent& e) const { return e.verb == verb; }
  bool operator()(const IngressEvent& e) const { return e.verb == verb; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

bool loud_enough(const Filter& filter, const TimelineEvent& event) {
  const LogEvent* line = std::get_if<LogEvent>(&event.what);
  return line == nullptr || line->level >= filter.level_min;
}

}  // namespace

bool matches(const Filter& filter, const TimelineEvent& event) {
  if (event.time_ms < filter.since_ms) return false;
  if (filter.until_ms != 0 && event.time_ms > filter.until_ms) return false;
  if (!filter.request_id.empty() && event.request_id != filter.request_id) return false;
  if (!filter.types.empty() && !has(filter.types, std::string(type_of(event)))) return false;
  if (!filter.module.empty() && !std::visit(OfModule{filter.module}, event.what)) return false;
  if (!filter.verb.empty() && !std::visit(OfVerb{filter.verb}, event.what)) return false;
  return loud_enough(filter, event);
}

std::uint64_t TimelineState::add(TimelineEvent event) {
  event.id = ++newest_;
  bytes_ += size_of(event);
  events_.push_back(std::make_shared<const TimelineEvent>(std::move(event)));
  while (events_.size() > 1 &&
         (events_.size() > limits_.events_max || bytes_ > limits_.bytes_max)) {
    bytes_ -= size_of(*events_.front());
    events_.pop_front();
  }
  return newest_;
}

std::vector<EventPtr> TimelineState::query(const Filter& filter, std::uint64_t before_id,
                                           const PageLimits& limits) const {
  std::vector<EventPtr> page;
  std::size_t bytes = 0;
  std::size_t scanned = 0;
  const std::uint64_t end = before_id == 0 ? newest_ + 1 : std::min(before_id, newest_ + 1);
  for (std::uint64_t id = end; id > oldest_id() && page.size() < limits.events_max;) {
    const EventPtr& event = events_[--id - oldest_id()];
    if (++scanned > limits.scanned_max) break;
    if (!matches(filter, *event)) continue;
    bytes += size_of(*event);
    if (!page.empty() && bytes > limits.bytes_max) break;
    page.push_back(event);
  }
  return page;
}

Batch TimelineState::read_after(std::uint64_t position, const Filter& filter,
                                const PageLimits& limits) const {
  Batch out;
  out.position = position;
  if (position > newest_ || position + 1 < oldest_id()) {
    out.gap = true;
    out.position = oldest_id() - 1;
  }
  std::size_t bytes = 0;
  std::size_t scanned = 0;
  while (out.position < newest_) {
    const EventPtr& event = events_[out.position + 1 - oldest_id()];
    const bool wanted = matches(filter, *event);
    if (wanted) bytes += size_of(*event);
    out.more = ++scanned > limits.scanned_max || out.events.size() >= limits.events_max ||
               (!out.events.empty() && bytes > limits.bytes_max);
    if (out.more) break;
    if (wanted) out.events.push_back(event);
    ++out.position;
  }
  return out;
}

}  // namespace millrace::timeline
