#include "services/timeline/rpc.hpp"

#include <grpcpp/grpcpp.h>

#include "access/io/gate.hpp"
#include "services/timeline/codec.hpp"
#include "services/timeline/permit.hpp"
#include "services/timeline/stream.hpp"
#include "settings/main.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::timeline {
namespace {

grpc::ServerUnaryReactor* answered(grpc::CallbackServerContext& context,
                                   const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

class TimelineRpc final : public Rpc, public v2alpha1::TimelineService::CallbackService {
 public:
  TimelineRpc(TimelineService& service, std::function<bool()> ready)
      : service_(service), ready_(std::move(ready)), streams_(service) {}

  grpc::Service* service() override { return this; }
  void set_gate(access::Gate& gate) override { gate_ = &gate; }
  void end_streams() override { streams_.end(); }

  grpc::ServerUnaryReactor* Ping(grpc::CallbackServerContext* context, const v2alpha1::PingRequest*,
                                 v2alpha1::PingResponse* response) override {
    response->set_ready(ready_());
    if (!ready_()) response->add_reasons("no state yet: waits for the schema service's feed");
    response->set_version(std::string(settings::version()));
    return answered(*context, grpc::Status::OK);
  }

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const v2alpha1::PublishRequest* request,
                                    v2alpha1::PublishResponse* response) override {
    Incoming incoming = decode(*request);
    if (const access::Caller* const caller = access::current_caller())
      if (const auto why = not_theirs(*caller, incoming.events)) {
        if (gate_ != nullptr)
          gate_->refuse(*caller, "Publish", context->peer(), *why, sources_of(incoming.events));
        return answered(*context, {grpc::StatusCode::PERMISSION_DENIED, *why});
      }
    service_.count_dropped(incoming.unreadable);
    return published(*context, std::move(incoming), *response);
  }

  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v2alpha1::TimelineQueryRequest* request,
                                  v2alpha1::TimelineQueryResponse* response) override {
    const statekit::Result<Filter> filter = decode(request->filter());
    if (!filter) return answered(*context, statekit::to_grpc(filter.error()));
    if (request->has_audit())
      encode(service_.query_audit(*filter, request->audit().who(), request->limit(),
                                  request->before_id()),
             *response);
    else
      encode(service_.query(*filter, request->limit(), request->before_id()), *response);
    return answered(*context, grpc::Status::OK);
  }

  grpc::ServerWriteReactor<v2alpha1::TimelineStreamResponse>* Stream(
      grpc::CallbackServerContext*, const v2alpha1::TimelineStreamRequest* request) override {
    statekit::Result<Filter> filter = decode(request->filter());
    if (!filter) return streams_.refuse(filter.error());
    std::uint64_t position = request->after_id();
    if (position == 0 && !request->from_oldest()) position = service_.newest_id();
    // From the oldest on nothing is missing, whatever is gone already.
    if (position == 0) position = service_.query({}, 1, 0).oldest_id - 1;
    return streams_.open(std::move(*filter), position);
  }

 private:
  // What is for the audit is on the disk before it is answered.
  grpc::ServerUnaryReactor* published(grpc::CallbackServerContext& context, Incoming incoming,
                                      v2alpha1::PublishResponse& response) {
    grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
    service_.publish(
        std::move(incoming.events),
        [reactor, &response, unreadable = incoming.unreadable](const Published& taken) {
          response.set_accepted(taken.accepted);
          response.set_dropped(taken.dropped + unreadable);
          reactor->Finish(grpc::Status::OK);
        });
    return reactor;
  }

  TimelineService& service_;
  const std::function<bool()> ready_;
  access::Gate* gate_ = nullptr;  // null: nobody is asked
  Streams streams_;
};

}  // namespace

std::unique_ptr<Rpc> make_rpc(TimelineService& service, std::function<bool()> ready) {
  return std::make_unique<TimelineRpc>(service, std::move(ready));
}

}  // namespace millrace::timeline
