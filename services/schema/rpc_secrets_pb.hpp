// The methods of SchemaService that are about secrets. Included by rpc.cpp only, since it shows
// gRPC. Thread safe.
#pragma once

#include "services/schema/rpc_parts_pb.hpp"
#include "statekit/clock.hpp"

namespace millrace::schema_service {

class SecretCalls : private CallParts {
 public:
  // `service`, `clock` and `gate` outlive it; `peers`: how other replicas are connected to.
  SecretCalls(Service& service, const statekit::Clock& clock, const statekit::ChannelOptions& peers,
              access::Gate* gate)
      : CallParts(service, peers, gate), clock_(clock) {}

  grpc::ServerUnaryReactor* change(grpc::CallbackServerContext* context,
                                   const v2alpha1::ChangeSecretsRequest* request,
                                   v2alpha1::ChangeSecretsResponse* response);
  grpc::ServerUnaryReactor* see(grpc::CallbackServerContext* context,
                                const v2alpha1::GetSecretsRequest* request,
                                v2alpha1::GetSecretsResponse* response);
  grpc::ServerUnaryReactor* list(grpc::CallbackServerContext* context,
                                 const v2alpha1::ListSecretsRequest* request,
                                 v2alpha1::ListSecretsResponse* response);
  grpc::ServerUnaryReactor* rotate(grpc::CallbackServerContext* context,
                                   const v2alpha1::RotateSecretsRequest* request,
                                   v2alpha1::RotateSecretsResponse* response);

 private:
  const statekit::Clock& clock_;
};

}  // namespace millrace::schema_service
