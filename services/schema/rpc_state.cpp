#include "services/schema/rpc_state.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "services/schema/codec.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

namespace {

using Part = v2alpha1::FeedSnapshotPart;
using statekit::Result;
using statekit::SnapshotParts;

std::atomic<std::size_t> being_sent{0};

// Lives until gRPC is done with it and its alarm has run: whichever comes last deletes it.
class StateReactor final : public grpc::ServerWriteReactor<Part> {
 public:
  explicit StateReactor(grpc::CallbackServerContext* context) : context_(context) {
    const auto end = std::chrono::system_clock::now() + std::chrono::seconds(state_seconds_max);
    alarm_.Set(end, [this](bool rang) {
      if (rang) context_->TryCancel();
      release();
    });
  }

  void send(Result<SnapshotParts> snapshot) {
    if (!snapshot) return Finish(statekit::to_grpc(snapshot.error()));
    snapshot_ = std::move(*snapshot);
    write_next();
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
  ~StateReactor() override { --being_sent; }

  void write_next() {
    if (next_ == snapshot_.parts.size()) return Finish(grpc::Status::OK);
    part_.Clear();
    *part_.mutable_position() = to_proto(snapshot_.position);
    part_.set_index(static_cast<std::uint32_t>(next_));
    part_.set_last(next_ + 1 == snapshot_.parts.size());
    part_.set_data(*snapshot_.parts[next_]);
    ++next_;
    StartWrite(&part_);
  }

  void release() {
    if (--holders_ == 0) delete this;
  }

  grpc::CallbackServerContext* const context_;
  grpc::Alarm alarm_;
  std::atomic<int> holders_ = 2;
  SnapshotParts snapshot_;
  std::size_t next_ = 0;
  Part part_;
};

}  // namespace

grpc::ServerWriteReactor<Part>* send_state(Service& service, grpc::CallbackServerContext* context,
                                           const v2alpha1::GetStateRequest& request) {
  const std::size_t others = being_sent++;
  auto* reactor = new StateReactor(context);
  if (others >= states_sent_max) {
    reactor->send(statekit::fail(statekit::Code::resource_exhausted,
                                 "too many states are being sent here (" +
                                     std::to_string(states_sent_max) + "): try again later"));
    return reactor;
  }
  service.on_worker(
      [&service, reactor, revision = request.at_revision()](const statekit::Status& room) {
        if (!room) return reactor->send(statekit::fail(room.error()));
        reactor->send(service.state_at(revision));
      });
  return reactor;
}

}  // namespace millrace::schema_service
