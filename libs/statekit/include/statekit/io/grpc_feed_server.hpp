// The server's side of the feed over gRPC: SchemaService's callback service hands each Subscribe to
// GrpcFeed::subscribe. One thread wakes all streams when a commit is published and for heartbeats;
// the writer of commits never waits for any of them. Thread safe.
#pragma once

#include <memory>

#include "statekit/clock.hpp"
#include "statekit/feed_hub.hpp"
#include "statekit/past_states.hpp"

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

class GrpcFeed {
 public:
  // All outlive it. Without `past` nobody is told of it.
  GrpcFeed(FeedHub& hub, const Clock& clock, PastStates* past = nullptr);
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
