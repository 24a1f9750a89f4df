#include "services/schema/context_reactor.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "services/schema/codec_config.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

namespace {

using Response = v2alpha1::GetDeploymentContextResponse;
using Reactor = grpc::ServerWriteReactor<Response>;

// How long a stream waits for its first values, which are no older than any acknowledged write.
constexpr std::int64_t first_ms_max = 10'000;

void wipe_secrets(Response& response) {
  for (v2alpha1::ContextSecret& secret : *response.mutable_secrets())
    seal::wipe(*secret.mutable_json());
}

// The way from Contexts to the stream; outlives the reactor, which may be gone first. A slow reader
// gets the newest values, not each: one answer is in flight and one waits.
class Port final : public ContextPort {
 public:
  explicit Port(Reactor& reactor) : reactor_(&reactor) {}

  void give(const DeploymentContext& context, const statekit::Position& position) override {
    const std::lock_guard lock(mutex_);
    if (reactor_ == nullptr || ending_) return;
    if (next_) wipe_secrets(*next_);
    next_ = to_proto(context, position);
    write_next();
  }
  void end(const statekit::Status& status) override {
    const std::lock_guard lock(mutex_);
    if (!ending_) ending_ = statekit::to_grpc(status);
    write_next();
  }
  bool gone() const override {
    const std::lock_guard lock(mutex_);
    return reactor_ == nullptr;
  }
  // The write is done; false: the stream is broken.
  void written(bool ok) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    wipe_secrets(sent_);
    if (!ok && next_) wipe_secrets(*next_);
    if (!ok) next_.reset();
    if (!ok && !ending_)
      ending_ = grpc::Status(grpc::StatusCode::CANCELLED, "the reader went away");
    write_next();
  }
  // The reactor is about to go.
  void let_go() {
    const std::lock_guard lock(mutex_);
    reactor_ = nullptr;
    wipe_secrets(sent_);
    if (next_) wipe_secrets(*next_);
  }

 private:
  void write_next() {
    if (reactor_ == nullptr || writing_ || finished_) return;
    if (next_) {
      writing_ = true;
      sent_.Swap(&*next_);  // a move might copy, and leave secrets behind
      next_.reset();
      reactor_->StartWrite(&sent_);
    } else if (ending_) {
      finished_ = true;
      reactor_->Finish(*ending_);
    }
  }

  mutable std::mutex mutex_;
  Reactor* reactor_;
  std::optional<Response> next_;
  Response sent_;
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> ending_;
};

class ContextReactor final : public Reactor {
 public:
  explicit ContextReactor(Service& service)
      : service_(service), port_(std::make_shared<Port>(*this)) {}

  // Nothing of the reactor is touched once this has begun: it may be gone when it ends.
  static void begin(Service& service, const std::shared_ptr<Port>& port,
                    const std::string& deployment, bool config_only) {
    service.on_worker([&service, port, deployment, config_only](const statekit::Status& room) {
      if (!room) return port->end(room);
      auto at = service.at_head({});
      if (!at) return port->end(fail(at.error()));
      at->wait_ms_max = first_ms_max;
      service.when_at(*at, [&service, port, deployment, config_only](const statekit::Status& able) {
        if (!able) return port->end(able);
        service.contexts().open(port, deployment, config_only);
      });
    });
  }
  const std::shared_ptr<Port>& port() const { return port_; }

  void OnWriteDone(bool ok) override { port_->written(ok); }
  void OnCancel() override {
    port_->end(statekit::fail(statekit::Code::cancelled, "the reader went away"));
  }
  void OnDone() override {
    port_->let_go();
    service_.contexts().close(port_);
    delete this;
  }

 private:
  Service& service_;
  const std::shared_ptr<Port> port_;
};

}  // namespace

grpc::ServerWriteReactor<Response>* serve_context(
    Service& service, const v2alpha1::GetDeploymentContextRequest& request,
    const statekit::Status& may) {
  auto* const reactor = new ContextReactor(service);
  const std::shared_ptr<Port> port = reactor->port();
  if (!may)
    port->end(may);
  else
    ContextReactor::begin(service, port, request.deployment(), request.config_only());
  return reactor;
}

}  // namespace millrace::schema_service
