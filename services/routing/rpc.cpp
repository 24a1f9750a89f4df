#include "services/routing/rpc.hpp"

#include <grpcpp/grpcpp.h>

#include "access/io/gate.hpp"
#include "services/routing/codec.hpp"
#include "services/routing/grpc_bytes.hpp"
#include "settings/main.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::routing {
namespace {

std::optional<Instant> deadline_of(const grpc::CallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  return std::chrono::steady_clock::now() + (deadline - std::chrono::system_clock::now());
}

// One call; deletes itself when gRPC is done with it.
class CallReactor final : public grpc::ServerUnaryReactor {
 public:
  CallReactor(CallService& service, grpc::CallbackServerContext& context,
              const grpc::ByteBuffer& request, grpc::ByteBuffer& response)
      : context_(context), response_(response) {
    Arrival arrival{
        to_payload(request), deadline_of(context), to_headers(context.client_metadata()), {}};
    if (const access::Caller* caller = access::current_caller()) {
      arrival.caller = *caller;
      arrival.from = context.peer();
      // What the caller showed to the platform is none of the module's business.
      std::erase_if(arrival.headers,
                    [](const auto& header) { return header.first == "authorization"; });
    }
    pending_ = service.call(std::move(arrival), [this](Answer answer) { finish(answer); });
  }

  void OnCancel() override { pending_->cancel(); }
  void OnDone() override { delete this; }

 private:
  void finish(const Answer& answer) {
    for (const auto& [key, value] : answer.leading) context_.AddInitialMetadata(key, value);
    for (const auto& [key, value] : answer.trailing) context_.AddTrailingMetadata(key, value);
    if (answer.reason == Reason::none) {
      response_ = to_buffer(answer.response);
      return Finish(grpc::Status::OK);
    }
    if (answer.reason != Reason::invalid && answer.reason != Reason::cancelled)
      context_.AddTrailingMetadata(std::string(key::reason), std::string(name_of(answer.reason)));
    Finish({static_cast<grpc::StatusCode>(code_of(answer.reason)), answer.message});
  }

  grpc::CallbackServerContext& context_;
  grpc::ByteBuffer& response_;
  std::shared_ptr<Pending> pending_;
};

using Proto = v2alpha1::RoutingService;

class RoutingRpc final
    : public Proto::WithCallbackMethod_Ping<Proto::WithRawCallbackMethod_Call<Proto::Service>> {
 public:
  explicit RoutingRpc(CallService& service) : service_(service) {}

  grpc::ServerUnaryReactor* Ping(grpc::CallbackServerContext* context, const v2alpha1::PingRequest*,
                                 v2alpha1::PingResponse* response) override {
    const Readiness readiness = service_.ready();
    response->set_ready(readiness.ready);
    for (const std::string& reason : readiness.reasons) response->add_reasons(reason);
    response->set_version(std::string(settings::version()));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override {
    return new CallReactor(service_, *context, *request, *response);
  }

 private:
  CallService& service_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_rpc(CallService& service) {
  return std::make_unique<RoutingRpc>(service);
}

}  // namespace millrace::routing
