#include "services/schema/prober.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "statekit/io/channel.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::schema_service {

namespace {

using Done = std::function<void(bool)>;

constexpr std::size_t channels_max = 1'024;

// One question under way, alive until its callback has run.
struct Ping {
  grpc::ClientContext context;
  v2alpha1::PingRequest request;
  v2alpha1::PingResponse response;
};
struct HealthCheck {
  explicit HealthCheck(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}
  grpc::ClientContext context;
  grpc::GenericStub stub;
  grpc::ByteBuffer request;  // an empty HealthCheckRequest: the whole server
  grpc::ByteBuffer response;
};

// HealthCheckResponse{status: SERVING}
constexpr std::string_view serving("\x08\x01", 2);

std::string octets_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return {};
  std::string octets;
  for (const grpc::Slice& slice : slices)
    octets.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return octets;
}

class GrpcProber final : public Prober {
 public:
  explicit GrpcProber(std::shared_ptr<tls::Credentials> credentials) {
    options_.credentials = std::move(credentials);
    options_.shows_token = false;  // a module would have it then
  }
  ~GrpcProber() override { GrpcProber::stop(); }

  void ping(const std::string& address, std::int64_t timeout_ms, Done done) override {
    std::shared_ptr<grpc::Channel> channel;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      ++under_way_;
      channel = channel_to(address);
    }
    auto call = std::make_shared<Ping>();
    const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms);
    call->context.set_deadline(deadline);
    auto stub =
        std::shared_ptr<v2alpha1::VerbService::Stub>(v2alpha1::VerbService::NewStub(channel));
    stub->async()->Ping(&call->context, &call->request, &call->response,
                        [this, call, stub, channel, deadline, done](const grpc::Status& status) {
                          if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
                            return check_health(channel, deadline, done);
                          finish(done, status.ok());
                        });
  }

  void stop() override {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    idle_.wait(lock, [this] { return under_way_ == 0; });
    channels_.clear();
  }

 private:
  std::shared_ptr<grpc::Channel> channel_to(const std::string& address) {
    if (channels_.size() >= channels_max) channels_.clear();
    statekit::Channel& channel = channels_[address];
    if (!channel) channel = statekit::connect(address, options_);
    return channel.grpc();
  }

  void check_health(const std::shared_ptr<grpc::Channel>& channel,
                    std::chrono::system_clock::time_point deadline, const Done& done) {
    auto call = std::make_shared<HealthCheck>(channel);
    call->context.set_deadline(deadline);
    const grpc::Slice empty("", 0);
    call->request = grpc::ByteBuffer(&empty, 1);
    call->stub.UnaryCall(&call->context, "/grpc.health.v1.Health/Check", {}, &call->request,
                         &call->response, [this, call, done](const grpc::Status& status) {
                           finish(done, status.ok() && octets_of(call->response) == serving);
                         });
  }

  void finish(const Done& done, bool answered) {
    done(answered);
    const std::lock_guard lock(mutex_);
    --under_way_;
    idle_.notify_all();
  }

  statekit::ChannelOptions options_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t under_way_ = 0;
  bool stopping_ = false;
  std::map<std::string, statekit::Channel> channels_;
};

}  // namespace

std::unique_ptr<Prober> make_grpc_prober(std::shared_ptr<tls::Credentials> credentials) {
  return std::make_unique<GrpcProber>(std::move(credentials));
}

}  // namespace millrace::schema_service
