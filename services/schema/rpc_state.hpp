// SchemaService.GetState: a snapshot of any revision, part by part. rpc.cpp hands each call over;
// the snapshot is made on a worker. Thread safe; reactors delete themselves.
#pragma once

#include <cstddef>

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

// Each holds a whole snapshot in memory until it is sent, so they are few and end in time.
inline constexpr std::size_t states_sent_max = 8;
inline constexpr int state_seconds_max = 60;

grpc::ServerWriteReactor<v2alpha1::FeedSnapshotPart>* send_state(
    Service& service, grpc::CallbackServerContext* context,
    const v2alpha1::GetStateRequest& request);

}  // namespace millrace::schema_service
