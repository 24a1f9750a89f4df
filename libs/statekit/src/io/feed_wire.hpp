// The words of the feed (statekit/feed.hpp) to and from the messages of SchemaService.Subscribe.
#pragma once

#include "statekit/feed.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::statekit {

void to_wire(const FeedMessage& message, v2alpha1::SubscribeResponse& wire);
// Takes the bytes out of `wire`.
Result<FeedMessage> from_wire(v2alpha1::SubscribeResponse& wire);

v2alpha1::SubscribeRequest to_wire(const Hello& hello);
v2alpha1::SubscribeRequest to_wire(const Ack& ack);
Result<Hello> from_wire(const v2alpha1::FeedHello& wire);
Result<Ack> from_wire(const v2alpha1::FeedAck& wire);

}  // namespace millrace::statekit
