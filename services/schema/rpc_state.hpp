// SchemaService.GetState: a snapshot of any revision, part by part. rpc.cpp hands each call over;
// how many at once, and for how long, is what statekit/past_states.hpp allows. Thread safe;
// reactors delete themselves.
#pragma once

namespace grpc {
class CallbackServerContext;
template <class Response>
class ServerWriteReactor;
}  // namespace grpc
namespace millrace::v2alpha1 {
class FeedSnapshotPart;
class GetStateRequest;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

class Service;

grpc::ServerWriteReactor<v2alpha1::FeedSnapshotPart>* send_state(
    Service& service, grpc::CallbackServerContext* context,
    const v2alpha1::GetStateRequest& request);

}  // namespace millrace::schema_service
