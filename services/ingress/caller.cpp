#include "services/ingress/caller.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "services/ingress/codec.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::ingress {
namespace {

// One call; gRPC's callback keeps it alive until it is over.
class GrpcCall final : public PendingCall, public std::enable_shared_from_this<GrpcCall> {
 public:
  GrpcCall(v2alpha1::CallRequest request, std::function<void(Outcome)> done)
      : request_(std::move(request)), done_(std::move(done)) {}

  void start(v2alpha1::RoutingService::Stub& stub, std::int64_t deadline_ms) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(deadline_ms));
    stub.async()->Call(
        &context_, &request_, &response_,
        [self = shared_from_this()](const grpc::Status& status) { self->finish(status); });
  }

  void cancel() override { context_.TryCancel(); }

 private:
  void finish(const grpc::Status& status) {
    std::string reason;
    const auto& trailing = context_.GetServerTrailingMetadata();
    const auto found = trailing.find("millrace-reason");
    if (found != trailing.end()) reason.assign(found->second.data(), found->second.size());
    const auto done = std::move(done_);
    done(decode(status, reason, std::move(response_)));
  }

  grpc::ClientContext context_;
  const v2alpha1::CallRequest request_;
  v2alpha1::CallResponse response_;
  std::function<void(Outcome)> done_;
};

class GrpcCaller final : public VerbCaller {
 public:
  explicit GrpcCaller(const std::vector<statekit::Channel>& routing) {
    for (const statekit::Channel& each : routing)
      routers_.push_back({each.grpc(), v2alpha1::RoutingService::NewStub(each.grpc())});
  }

  std::shared_ptr<PendingCall> call(const VerbCall& call, std::int64_t deadline_ms,
                                    std::function<void(Outcome)> done) override {
    auto pending = std::make_shared<GrpcCall>(encode(call), std::move(done));
    pending->start(*pick().stub, deadline_ms);
    return pending;
  }

 private:
  struct Router {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v2alpha1::RoutingService::Stub> stub;
  };

  // The next one that is connected; else one that may become so. Asking makes it connect.
  const Router& pick() {
    if (routers_.size() == 1) return routers_.front();
    const std::size_t first = next_++;
    const Router* hopeful = nullptr;
    for (std::size_t i = 0; i < routers_.size(); ++i) {
      const Router& router = routers_[(first + i) % routers_.size()];
      const auto state = router.channel->GetState(true);
      if (state == GRPC_CHANNEL_READY) return router;
      if (hopeful == nullptr && state != GRPC_CHANNEL_TRANSIENT_FAILURE) hopeful = &router;
    }
    return hopeful != nullptr ? *hopeful : routers_[first % routers_.size()];
  }

  std::vector<Router> routers_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace

std::unique_ptr<VerbCaller> make_grpc_caller(const std::vector<statekit::Channel>& routing) {
  return std::make_unique<GrpcCaller>(routing);
}

}  // namespace millrace::ingress
