#include "services/schema/rpc_state.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "services/schema/codec.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

namespace {

using Part = v2alpha1::FeedSnapshotPart;
using statekit::PastState;
using statekit::Result;

// Lives until gRPC is done with it and its alarm has run: whichever comes last deletes it.
class StateReactor final : public grpc::ServerWriteReactor<Part> {
 public:
  explicit StateReactor(grpc::CallbackServerContext* context) : context_(context) {
    const auto end =
        std::chrono::system_clock::now() + std::chrono::milliseconds(statekit::past_state_ms_max);
    alarm_.Set(end, [this](bool rang) {
      if (rang) context_->TryCancel();
      release();
    });
  }

  void tell(Service& service, Revision revision) {
    Result<PastState> entered = service.past_states().enter();
    if (!entered) return Finish(statekit::to_grpc(entered.error()));
    state_ = std::move(*entered);
    service.past_states().make(revision, [this](Result<statekit::SnapshotParts> made) {
      if (!made) return Finish(statekit::to_grpc(made.error()));
      state_->begin(std::move(*made));
      write_next();
    });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the reader went away"));
    write_next();
  }

  void OnDone() override {
    alarm_.Cancel();
    release();
  }

 private:
  void write_next() {
    const std::optional<statekit::SnapshotPart> next = state_->next();
    if (!next) return Finish(grpc::Status::OK);
    part_.Clear();
    *part_.mutable_position() = to_proto(next->position);
    part_.set_index(next->index);
    part_.set_last(next->last);
    part_.set_data(*next->data);
    StartWrite(&part_);
  }

  void release() {
    if (--holders_ == 0) delete this;
  }

  grpc::CallbackServerContext* const context_;
  grpc::Alarm alarm_;
  std::atomic<int> holders_ = 2;
  std::optional<PastState> state_;
  Part part_;
};

}  // namespace

grpc::ServerWriteReactor<Part>* send_state(Service& service, grpc::CallbackServerContext* context,
                                           const v2alpha1::GetStateRequest& request) {
  auto* reactor = new StateReactor(context);
  reactor->tell(service, request.at_revision());
  return reactor;
}

}  // namespace millrace::schema_service
