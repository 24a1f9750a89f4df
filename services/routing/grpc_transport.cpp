#include "services/routing/grpc_transport.hpp"

#include <atomic>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "services/routing/grpc_bytes.hpp"
#include "statekit/io/channel.hpp"

namespace millrace::routing {
namespace {

const std::string method = "/millrace.v2alpha1.VerbService/Call";

gpr_timespec until(Instant deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
      deadline - std::chrono::steady_clock::now());
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(left.count(), GPR_TIMESPAN));
}

// gRPC says so when no connection could be made, before anything of the call was sent.
bool never_left(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         status.error_message().starts_with("failed to connect to all addresses");
}

class GrpcCall final : public Pending, public std::enable_shared_from_this<GrpcCall> {
 public:
  GrpcCall(Outgoing outgoing, std::function<void(Outcome)> done)
      : request_(to_buffer(outgoing.request)), done_(std::move(done)) {
    context_.set_deadline(until(outgoing.deadline));
    for (const auto& [key, value] : outgoing.headers) context_.AddMetadata(key, value);
  }

  void start(grpc::GenericStub& stub) {
    stub.UnaryCall(&context_, method, {}, &request_, &response_,
                   [self = shared_from_this()](grpc::Status status) { self->finish(status); });
  }

  void cancel() override {
    cancelled_ = true;
    context_.TryCancel();
  }

 private:
  void finish(const grpc::Status& status) {
    Outcome outcome;
    outcome.how = delivery(status);
    if (status.ok()) {
      outcome.response = to_payload(response_);
      outcome.leading = to_headers(context_.GetServerInitialMetadata());
      outcome.trailing = to_headers(context_.GetServerTrailingMetadata());
    } else {
      outcome.message = status.error_message().empty()
                            ? "gRPC status " + std::to_string(status.error_code())
                            : status.error_message();
    }
    std::exchange(done_, nullptr)(std::move(outcome));
  }

  Delivery delivery(const grpc::Status& status) const {
    if (status.ok()) return Delivery::answered;
    if (cancelled_) return Delivery::cancelled;
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return Delivery::timed_out;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return Delivery::refused;
    return never_left(status) ? Delivery::unsent : Delivery::failed;
  }

  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::function<void(Outcome)> done_;
  std::atomic<bool> cancelled_{false};
};

class GrpcConnection final : public Connection {
 public:
  explicit GrpcConnection(const statekit::Channel& channel) : stub_(channel.grpc()) {}

  std::shared_ptr<Pending> call(Outgoing outgoing, std::function<void(Outcome)> done) override {
    auto call = std::make_shared<GrpcCall>(std::move(outgoing), std::move(done));
    call->start(stub_);
    return call;
  }

 private:
  grpc::GenericStub stub_;  // holds the channel; thread safe
};

class GrpcTransport final : public Transport {
 public:
  GrpcTransport(int message_bytes_max, std::shared_ptr<tls::Credentials> credentials) {
    options_.message_bytes_max = message_bytes_max;
    options_.credentials = std::move(credentials);
    options_.shows_token = false;  // a module would have it then
  }

  std::shared_ptr<Connection> connect(const std::string& address) override {
    return std::make_shared<GrpcConnection>(statekit::connect(address, options_));
  }

 private:
  statekit::ChannelOptions options_;
};

}  // namespace

std::unique_ptr<Transport> make_grpc_transport(int message_bytes_max,
                                               std::shared_ptr<tls::Credentials> credentials) {
  return std::make_unique<GrpcTransport>(message_bytes_max, std::move(credentials));
}

}  // namespace millrace::routing
