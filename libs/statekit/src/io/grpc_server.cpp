#include "statekit/io/grpc_server.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "grpc_callbacks.hpp"
#include "grpc_credentials.hpp"
#include "grpc_guard.hpp"
#include "grpc_log.hpp"
#include "shown_token.hpp"

namespace millrace::statekit {
namespace {

// Of one call. gRPC's own 8 KiB have no room for a JWT of that size, which is taken elsewhere; the
// guard ends what is larger than its own limit without a word.
constexpr int headers_bytes_max = 16 * 1024;
constexpr int keepalive_ms = 10'000;
constexpr int handshake_ms_max = 10'000;  // who connects and says nothing
constexpr auto health_interval = std::chrono::milliseconds(500);

void enable_plugins() {
  quieten_grpc();
  keep_grpc_callbacks();
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

// "host:port" with the port replaced by the one that was bound.
std::string with_port(const std::string& listen, int port) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || listen.starts_with("unix:")) return listen;
  return listen.substr(0, colon + 1) + std::to_string(port);
}

tl::unexpected<Error> cannot_listen(const GrpcServerOptions& options) {
  const std::string hint = options.setting.empty() ? "" : " with --" + options.setting;
  return fail(Code::unavailable, "cannot listen on " + options.listen +
                                     ": the address is in use by another program, or is not one "
                                     "of this machine; stop that program or set another address" +
                                     hint);
}

}  // namespace

struct GrpcServer::Impl {
  GrpcServerOptions options;
  std::shared_ptr<grpc::ServerCredentials> credentials;  // outlive the server
  std::unique_ptr<grpc::Server> server;
  int port = 0;
  const Health* health = nullptr;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::thread health_thread;

  // gRPC's health service is told, it cannot ask.
  void follow_health() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      server->GetHealthCheckService()->SetServingStatus(health == nullptr || health->ready());
      if (health == nullptr) return;
      wake.wait_for(lock, health_interval, [this] { return stopping; });
    }
  }
};

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() { stop(); }

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const GrpcServerOptions& options,
                                                      const std::vector<grpc::Service*>& services,
                                                      const Health* health) {
  enable_plugins();
  if (auto may = options.doors.may_listen(options.listen, options.setting); !may)
    return fail(may.error());
  if (auto guarded = guard_grpc_connections(options.guard); !guarded) return fail(guarded.error());
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->health = health;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, headers_bytes_max);
  // Without this a second server on the same port starts and takes half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A peer that vanished without a word is noticed, and what it held is let go.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_ms);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, handshake_ms_max);
  builder.SetResourceQuota(grpc::ResourceQuota("port").Resize(options.unread_bytes_max));
  impl->credentials = server_credentials(options.doors);
  if (!options.listen.empty())
    builder.AddListeningPort(options.listen, impl->credentials, &impl->port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || (!options.listen.empty() && impl->port == 0))
    return cannot_listen(options);
  if (!options.listen.empty()) guard_clients_of(impl->port, options.guard);
  impl->health_thread = std::thread([raw = impl.get()] { raw->follow_health(); });
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

int GrpcServer::port() const { return impl_->port; }

std::string GrpcServer::address() const { return with_port(impl_->options.listen, impl_->port); }

Channel GrpcServer::in_process_channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(impl_->options.message_bytes_max);
  arguments.SetMaxSendMessageSize(impl_->options.message_bytes_max);
  return {impl_->server->experimental().InProcessChannelWithInterceptors(
              arguments, token_interceptors(true, false)),
          "in-process"};
}

void GrpcServer::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  if (impl_->health_thread.joinable()) impl_->health_thread.join();
  impl_->server->GetHealthCheckService()->SetServingStatus(false);
  impl_->server->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(impl_->options.stop_ms_max));
  impl_->server->Wait();
  let_clients_go(impl_->port);
}

}  // namespace millrace::statekit
