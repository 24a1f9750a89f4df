// VerbCaller: the seam between ingress and the routing service. Over gRPC in caller.cpp. Thread
// safe; nothing here blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "services/ingress/service.hpp"
#include "statekit/io/channel.hpp"

namespace millrace::ingress {

class PendingCall {
 public:
  virtual ~PendingCall() = default;
  virtual void cancel() = 0;  // the outcome still comes, soon
};

class VerbCaller {
 public:
  virtual ~VerbCaller() = default;
  // `done` is called once, from any thread, perhaps before this returns.
  virtual std::shared_ptr<PendingCall> call(const VerbCall& call, std::int64_t deadline_ms,
                                            std::function<void(Outcome)> done) = 0;
};

// Calls RoutingService, where there are several each in turn that it is connected to.
// REQUIRES: one or more.
std::unique_ptr<VerbCaller> make_grpc_caller(const std::vector<statekit::Channel>& routing);

}  // namespace millrace::ingress
