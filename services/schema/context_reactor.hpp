// SchemaService.GetDeploymentContext: carries what Contexts gives to one stream. rpc.cpp hands each
// call over. Thread safe; reactors delete themselves.
#pragma once

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

grpc::ServerWriteReactor<v2alpha1::GetDeploymentContextResponse>* serve_context(
    Service& service, const v2alpha1::GetDeploymentContextRequest& request);

}  // namespace millrace::schema_service
