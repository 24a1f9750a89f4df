// The server's side of the feed over gRPC: SchemaService's callback service hands each Subscribe to
// GrpcFeed::subscribe. One thread wakes all streams when a commit is published and for heartbeats;
// the writer of commits never waits for any of them. Thread safe.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "statekit/clock.hpp"
#include "statekit/feed_hub.hpp"
#include "statekit/result.hpp"
#include "statekit/snapshot.hpp"

namespace grpc {
class CallbackServerContext;
template <class Request, class Response>
class ServerBidiReactor;
}  // namespace grpc

namespace millrace::v2alpha1 {
class SubscribeRequest;
class SubscribeResponse;
}  // namespace millrace::v2alpha1

namespace millrace::statekit {

// Makes the state as it was at a revision, for who asks for one, and answers once, on any thread.
using PastStates = std::function<void(Revision, std::function<void(Result<SnapshotParts>)>)>;

// Each that is being made or sent holds a whole state in memory, so they are few and end in time.
inline constexpr std::size_t past_states_max = 8;
inline constexpr MonoMs past_state_ms_max = 60'000;

class GrpcFeed {
 public:
  // All outlive it. Without `past` nobody is told of it.
  GrpcFeed(FeedHub& hub, const Clock& clock, PastStates past = {});
  ~GrpcFeed();
  GrpcFeed(const GrpcFeed&) = delete;
  GrpcFeed& operator=(const GrpcFeed&) = delete;

  // What the service's Subscribe method returns.
  grpc::ServerBidiReactor<v2alpha1::SubscribeRequest, v2alpha1::SubscribeResponse>* subscribe(
      grpc::CallbackServerContext* context);

  // Ends every stream with Unavailable, and waits until they are gone. Before the server stops.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::statekit
