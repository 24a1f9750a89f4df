// SchemaService.GetDeploymentContext: carries what Contexts gives to one stream. rpc.cpp hands each
// call over. Thread safe; reactors delete themselves.
#pragma once

#include "statekit/result.hpp"

namespace grpc {
class CallbackServerContext;
template <class Response>
class ServerWriteReactor;
}  // namespace grpc
namespace millrace::v2alpha1 {
class GetDeploymentContextRequest;
class GetDeploymentContextResponse;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

class Service;

// `may`: whether its caller is let in; else the stream ends with that.
grpc::ServerWriteReactor<v2alpha1::GetDeploymentContextResponse>* serve_context(
    Service& service, const v2alpha1::GetDeploymentContextRequest& request,
    const statekit::Status& may);

}  // namespace millrace::schema_service
