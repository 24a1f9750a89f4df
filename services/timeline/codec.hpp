// Protobuf and the timeline's own words. Events have a codec of their own
// (statekit/io/timeline_codec.hpp). Free functions, thread safe; what a caller sent wrong is
// Code::invalid_argument.
#pragma once

#include <vector>

#include "services/timeline/service.hpp"
#include "statekit/result.hpp"

namespace millrace::v2alpha1 {
class PublishRequest;
class TimelineFilter;
class TimelineQueryResponse;
class TimelineStreamResponse;
}  // namespace millrace::v2alpha1

namespace millrace::timeline {

statekit::Result<Filter> decode(const v2alpha1::TimelineFilter& message);

struct Incoming {
  std::vector<TimelineEvent> events;
  std::uint64_t unreadable = 0;  // events of no kind that is known here
};
Incoming decode(const v2alpha1::PublishRequest& message);

void encode(const Page& page, v2alpha1::TimelineQueryResponse& message);
void encode(const AuditPage& page, v2alpha1::TimelineQueryResponse& message);

// As it lies in the audit's file, and back; the id stands beside it.
statekit::Bytes encode_kept(const TimelineEvent& event);
statekit::Result<TimelineEvent> decode_kept(statekit::BytesView octets);
void encode(const Batch& batch, v2alpha1::TimelineStreamResponse& message);

}  // namespace millrace::timeline
