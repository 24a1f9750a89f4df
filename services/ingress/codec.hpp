// protobuf ↔ domain: a call to RoutingService and how it ended. Pure; any thread.
#pragma once

#include "services/ingress/service.hpp"

namespace grpc {
class Status;
}  // namespace grpc
namespace millrace::v2alpha1 {
class CallRequest;
class CallResponse;
}  // namespace millrace::v2alpha1

namespace millrace::ingress {

v2alpha1::CallRequest encode(const VerbCall& call);

// `reason`: the trailing metadata `millrace-reason`, empty where there is none.
Outcome decode(const grpc::Status& status, const std::string& reason,
               v2alpha1::CallResponse response);

}  // namespace millrace::ingress
