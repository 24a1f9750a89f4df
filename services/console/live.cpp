#include "services/console/live.hpp"

#include <algorithm>

#include "services/console/codec.hpp"

namespace millrace::console {
namespace {

using statekit::TimelineEvent;

std::string framed(std::string_view name, const std::string& text) {
  std::string out = "event: ";
  out.append(name).append("\ndata: ").append(text).append("\n\n");
  return out;
}

struct ModuleOf {
  std::string_view operator()(const statekit::CallEvent& event) const { return event.module; }
  std::string_view operator()(const statekit::IngressEvent& event) const { return event.module; }
  std::string_view operator()(const statekit::DeploymentEvent& event) const { return event.module; }
  std::string_view operator()(const statekit::LogEvent& event) const { return event.source; }
  std::string_view operator()(const statekit::ChangesetEvent&) const { return {}; }
};

std::string_view verb_of(const TimelineEvent& event) {
  if (const auto* call = std::get_if<statekit::CallEvent>(&event.what)) return call->verb;
  if (const auto* request = std::get_if<statekit::IngressEvent>(&event.what)) return request->verb;
  return {};
}

bool touches(const TimelineEvent& event, const std::string& module) {
  if (const auto* changeset = std::get_if<statekit::ChangesetEvent>(&event.what)) {
    const auto& modules = changeset->modules;
    return std::find(modules.begin(), modules.end(), module) != modules.end();
  }
  return std::visit(ModuleOf{}, event.what) == module;
}

bool matches(const TimelineEvent& event, const EventFilter& filter) {
  return (filter.before_id == 0 || event.id < filter.before_id) &&
         (filter.type.empty() || statekit::type_of(event) == filter.type) &&
         (filter.request_id.empty() || event.request_id == filter.request_id) &&
         (filter.module.empty() || touches(event, filter.module)) &&
         (filter.verb.empty() || verb_of(event) == filter.verb);
}

}  // namespace

bool Live::join(std::shared_ptr<httpkit::Stream> stream, const Text& overview) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    stream->close();
    return false;
  }
  const std::string opening = framed("overview", overview()) +
                              framed("activity", activity_json(kept_locked(), true, dropped_));
  if (!stream->send(opening)) return false;
  streams_.push_back(std::move(stream));
  return true;
}

bool Live::full() const {
  const std::lock_guard lock(mutex_);
  return streams_.size() >= limits_.streams_max;
}

std::size_t Live::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

void Live::say(std::string_view name, const Text& text) {
  const std::lock_guard lock(mutex_);
  if (!streams_.empty()) say_locked(name, text());
}

void Live::say_locked(std::string_view name, const std::string& text) {
  const std::string octets = framed(name, text);
  std::erase_if(streams_, [&](const std::shared_ptr<httpkit::Stream>& stream) {
    if (stream->send(octets)) return false;
    stream->close();
    return true;
  });
}

void Live::happened(const std::vector<TimelineEvent>& events) {
  if (events.empty()) return;
  const std::lock_guard lock(mutex_);
  events_.insert(events_.begin(), events.begin(), events.end());
  if (events_.size() > limits_.events_max) events_.resize(limits_.events_max);
  if (!streams_.empty()) say_locked("activity", activity_json(events, false, dropped_));
}

void Live::replace(std::vector<TimelineEvent> events, std::uint64_t dropped) {
  const std::lock_guard lock(mutex_);
  if (events.size() > limits_.events_max) events.resize(limits_.events_max);
  events_.assign(events.begin(), events.end());
  dropped_ = dropped;
  if (!streams_.empty()) say_locked("activity", activity_json(events, true, dropped_));
}

std::vector<TimelineEvent> Live::recent(const EventFilter& filter) const {
  std::vector<TimelineEvent> found;
  const std::lock_guard lock(mutex_);
  for (const TimelineEvent& event : events_) {
    if (found.size() >= filter.limit) break;
    if (matches(event, filter)) found.push_back(event);
  }
  return found;
}

std::uint64_t Live::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::vector<TimelineEvent> Live::kept_locked() const { return {events_.begin(), events_.end()}; }

void Live::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& stream : streams_) stream->close();
  streams_.clear();
}

}  // namespace millrace::console
