#include "services/schema/registration_reactor.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "access/io/gate.hpp"
#include "services/schema/codec.hpp"
#include "services/schema/requested.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

namespace {

using Request = v2alpha1::RegisterEndpointRequest;
using Response = v2alpha1::RegisterEndpointResponse;
using Reactor = grpc::ServerBidiReactor<Request, Response>;

// The way from a registration to the stream; outlives the reactor, which may be gone first.
class Port final : public AdvicePort {
 public:
  Port(Reactor& reactor, std::int64_t lease_ms) : reactor_(&reactor), lease_ms_(lease_ms) {}

  void advise(const Advice& advice) override {
    const std::lock_guard lock(mutex_);
    next_ = to_proto(advice, lease_ms_);
    write_next();
  }
  void end(const statekit::Status& status) override {
    const std::lock_guard lock(mutex_);
    if (!ending_) ending_ = statekit::to_grpc(status);
    write_next();
  }
  // The write is done; false: the stream is broken.
  void written(bool ok) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) next_.reset();
    write_next();
  }
  // The reactor is about to go.
  void let_go() {
    const std::lock_guard lock(mutex_);
    reactor_ = nullptr;
  }

 private:
  void write_next() {
    if (reactor_ == nullptr || writing_ || finished_) return;
    if (next_) {
      writing_ = true;
      sent_ = std::move(*next_);
      next_.reset();
      reactor_->StartWrite(&sent_);
    } else if (ending_) {
      finished_ = true;
      reactor_->Finish(*ending_);
    }
  }

  std::mutex mutex_;
  Reactor* reactor_;
  const std::int64_t lease_ms_;
  std::optional<Response> next_;
  Response sent_;
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> ending_;
};

class RegistrationReactor final : public Reactor {
 public:
  RegistrationReactor(Registrations& registrations, grpc::CallbackServerContext* context,
                      std::int64_t lease_ms, access::Gate* gate)
      : registrations_(registrations),
        context_(context),
        gate_(gate),
        port_(std::make_shared<Port>(*this, lease_ms)),
        registration_(registrations.open(port_)) {
    if (const access::Caller* caller = access::current_caller()) caller_ = *caller;
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return port_->end({});
    if (const statekit::Status may = reaches(request_.deployment()); !may) return port_->end(may);
    registration_->on_message(offer_from(request_));
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override { port_->written(ok); }
  // Only now is it certain whether the stream was closed or broke. A connection that broke says
  // nothing of the endpoint: its lease does.
  void OnDone() override {
    registration_->on_closed(!context_->IsCancelled());
    registrations_.close(registration_);
    port_->let_go();
    delete this;
  }

 private:
  statekit::Status reaches(const std::string& deployment) const {
    if (!caller_) return {};
    const std::vector<std::string> modules = {module_of_key(deployment)};
    statekit::Status may = access::check_modules(*caller_, access::Permission::serve, modules);
    if (!may && gate_ != nullptr)
      gate_->refuse(*caller_, "RegisterEndpoint", context_->peer(), may.error().message, modules);
    return may;
  }

  Registrations& registrations_;
  grpc::CallbackServerContext* const context_;
  access::Gate* const gate_;
  std::optional<access::Caller> caller_;  // none: nobody is asked
  const std::shared_ptr<Port> port_;
  const std::shared_ptr<Registration> registration_;
  Request request_;
};

}  // namespace

grpc::ServerBidiReactor<Request, Response>* serve_registration(Registrations& registrations,
                                                               grpc::CallbackServerContext* context,
                                                               std::int64_t lease_ms,
                                                               access::Gate* gate) {
  return new RegistrationReactor(registrations, context, lease_ms, gate);
}

}  // namespace millrace::schema_service
