#include "services/timeline/codec.hpp"

#include <algorithm>
#include <array>

#include "statekit/io/timeline_codec.hpp"
#include "statekit/utf8.hpp"
#include "v2alpha1/timeline.pb.h"

namespace millrace::timeline {
namespace {

constexpr std::array<std::string_view, 5> types = {"call", "ingress", "log", "changeset",
                                                   "deployment"};

statekit::Status check_type(const std::string& type) {
  if (std::find(types.begin(), types.end(), type) != types.end()) return {};
  return statekit::fail(statekit::Code::invalid_argument,
                        "no timeline event is of type \"" + statekit::shortened(type, 40) +
                            "\"; there are call, ingress, log, changeset and deployment");
}

}  // namespace

statekit::Result<Filter> decode(const v2alpha1::TimelineFilter& message) {
  Filter out;
  for (const std::string& type : message.types()) {
    if (statekit::Status known = check_type(type); !known) return statekit::fail(known.error());
    if (std::find(out.types.begin(), out.types.end(), type) == out.types.end())
      out.types.push_back(type);
  }
  if (!v2alpha1::LogLevel_IsValid(message.level_min()))
    return statekit::fail(statekit::Code::invalid_argument,
                          "level_min " + std::to_string(message.level_min()) + " is no log level");
  out.module = message.module();
  out.verb = message.verb();
  out.request_id = message.request_id();
  out.level_min = static_cast<LineLevel>(message.level_min());
  out.since_ms = message.since_ms();
  out.until_ms = message.until_ms();
  return out;
}

Incoming decode(const v2alpha1::PublishRequest& message) {
  Incoming out;
  out.events.reserve(static_cast<std::size_t>(message.events_size()));
  for (const v2alpha1::TimelineEvent& each : message.events()) {
    statekit::Result<TimelineEvent> event = statekit::decode(each);
    if (event)
      out.events.push_back(std::move(*event));
    else
      ++out.unreadable;
  }
  return out;
}

void encode(const Page& page, v2alpha1::TimelineQueryResponse& message) {
  for (const EventPtr& event : page.events) statekit::encode(*event, *message.add_events());
  message.set_oldest_id(page.oldest_id);
  message.set_dropped(page.dropped);
}

void encode(const AuditPage& page, v2alpha1::TimelineQueryResponse& message) {
  for (const EventPtr& event : page.events) statekit::encode(*event, *message.add_events());
  message.set_oldest_id(page.oldest_id);
  v2alpha1::AuditKept& kept = *message.mutable_audit();
  kept.set_done_gone(page.figures.done_gone.events);
  kept.set_done_gone_ms(page.figures.done_gone.newest_ms);
  kept.set_denied_gone(page.figures.denied_gone.events);
  kept.set_denied_gone_ms(page.figures.denied_gone.newest_ms);
  kept.set_memory_only(statekit::valid_utf8(page.figures.memory_only));
}

statekit::Bytes encode_kept(const TimelineEvent& event) {
  v2alpha1::TimelineEvent message;
  statekit::encode(event, message);
  message.clear_id();
  return message.SerializeAsString();
}

statekit::Result<TimelineEvent> decode_kept(statekit::BytesView octets) {
  v2alpha1::TimelineEvent message;
  if (!message.ParseFromArray(octets.data(), static_cast<int>(octets.size())) || !message.has_log())
    return statekit::fail(statekit::Code::data_loss, "it is no line of an audit");
  return statekit::decode(message);
}

void encode(const Batch& batch, v2alpha1::TimelineStreamResponse& message) {
  for (const EventPtr& event : batch.events) statekit::encode(*event, *message.add_events());
  message.set_gap(batch.gap);
}

}  // namespace millrace::timeline
