// Streams: the readers of TimelineService.Stream. Each has a position in the ring and at most one
// message on its way; it reads on when that one has gone out. For rpc.cpp only. Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "services/timeline/service.hpp"
#include "statekit/result.hpp"

namespace grpc {
template <class Response>
class ServerWriteReactor;
}

namespace millrace::v2alpha1 {
class TimelineStreamResponse;
}

namespace millrace::timeline {

class Streams {
 public:
  using Reactor = grpc::ServerWriteReactor<v2alpha1::TimelineStreamResponse>;

  explicit Streams(TimelineService& service) : service_(service) {}

  // What the service's Stream method returns.
  Reactor* open(Filter filter, std::uint64_t position);
  Reactor* refuse(const statekit::Error& error);
  // Ends every stream, and refuses those to come, with Unavailable.
  void end();

 private:
  class Reader;
  void forget(Reader* reader);

  TimelineService& service_;
  std::mutex mutex_;
  std::map<Reader*, std::shared_ptr<Reader>> readers_;  // kept until gRPC is done with them
  bool ended_ = false;
};

}  // namespace millrace::timeline
