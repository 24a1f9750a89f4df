// Timeline events as messages (protos/v2alpha1/timeline.proto), for the publisher and the timeline
// service. Free functions, thread safe. An event of no known kind is Code::invalid_argument; text
// that is no UTF-8 travels with its odd octets replaced.
#pragma once

#include "statekit/result.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::v2alpha1 {
class TimelineEvent;
}

namespace millrace::statekit {

void encode(const TimelineEvent& event, v2alpha1::TimelineEvent& message);
Result<TimelineEvent> decode(const v2alpha1::TimelineEvent& message);

}  // namespace millrace::statekit
