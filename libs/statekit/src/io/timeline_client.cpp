#include <chrono>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "statekit/io/channel.hpp"
#include "statekit/io/rpc.hpp"
#include "statekit/io/timeline_codec.hpp"
#include "statekit/io/timeline_publisher.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::statekit {

SendBatch to_timeline(const Channel& channel, std::int64_t deadline_ms) {
  std::shared_ptr<v2alpha1::TimelineService::Stub> stub =
      v2alpha1::TimelineService::NewStub(channel.grpc());
  return [stub, deadline_ms](const std::vector<TimelineEvent>& batch) -> Status {
    v2alpha1::PublishRequest request;
    for (const TimelineEvent& event : batch) encode(event, *request.add_events());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
    v2alpha1::PublishResponse response;
    const grpc::Status status = stub->Publish(&context, request, &response);
    if (status.ok()) return {};
    return fail(within("publishing to the timeline", from_grpc(status)));
  };
}

}  // namespace millrace::statekit
