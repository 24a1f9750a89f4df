// The client's side of the feed over gRPC: a FeedTransport that calls SchemaService.Subscribe.
// Given to a Follower; with several channels (schema replicas) each new connection takes the next.
#pragma once

#include <memory>
#include <vector>

#include "statekit/io/channel.hpp"
#include "statekit/io/follower.hpp"

namespace millrace::statekit {

// REQUIRES: at least one channel.
std::unique_ptr<FeedTransport> make_grpc_feed_transport(std::vector<Channel> channels);

}  // namespace millrace::statekit
