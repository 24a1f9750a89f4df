// The methods of SchemaService that say who may do what. Included by rpc.cpp only, since it shows
// gRPC. Thread safe.
#pragma once

#include "services/schema/codec.hpp"
#include "services/schema/codec_access.hpp"
#include "services/schema/rpc_parts_pb.hpp"

namespace millrace::schema_service {

class AccessCalls : protected CallParts {
 protected:
  AccessCalls(Service& service, const statekit::Clock& clock, const statekit::ChannelOptions& peers,
              access::Gate* gate)
      : CallParts(service, peers, gate), clock_(clock) {}
  ~AccessCalls() = default;

  template <class Request>
  grpc::ServerUnaryReactor* change_access(
      grpc::CallbackServerContext* context, const Request* request,
      v2alpha1::AccessChangeResponse* response,
      Forward::Method<Request, v2alpha1::AccessChangeResponse> method_at_writer) {
    auto order = order_from(*request, clock_.wall_ms());
    if (!order) return refuse(context, order.error());
    if (const access::Caller* caller = access::current_caller())
      order->second.principal = caller->name;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto here = [this, context, response, reactor, order = std::move(*order)] {
      service_.change_access(order.first, order.second, ms_left(*context, service_.write_ms_max()),
                             [reactor, response](const statekit::Result<statekit::Position>& at) {
                               if (at) *response->mutable_position() = to_proto(*at);
                               reactor->Finish(status_of(at));
                             });
    };
    forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                     method_at_writer);
    return reactor;
  }

  grpc::ServerUnaryReactor* list_access(grpc::CallbackServerContext* context,
                                        v2alpha1::ListAccessResponse* response) {
    const auto answer = [this, response] {
      fill(*response, service_.access());
      return grpc::Status::OK;
    };
    return on_worker(context, answer, true);
  }

  const statekit::Clock& clock_;
};

}  // namespace millrace::schema_service
