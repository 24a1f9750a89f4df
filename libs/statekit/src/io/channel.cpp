#include "statekit/io/channel.hpp"

#include <grpc/grpc.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "grpc_callbacks.hpp"
#include "grpc_credentials.hpp"
#include "grpc_log.hpp"
#include "shown_token.hpp"

namespace millrace::statekit {

namespace {

// Each call on it fails with that error, and nothing is connected.
Channel never(const std::string& address, const Error& why) {
  return {grpc::CreateChannelInternal(
              address,
              grpc_lame_client_channel_create(nullptr, static_cast<grpc_status_code>(why.code),
                                              why.message.c_str()),
              {}),
          address};
}

}  // namespace

Channel connect(const std::string& address, const ChannelOptions& options) {
  quieten_grpc();
  keep_grpc_callbacks();
  if (const Status may = may_show_token(address, options); !may) return never(address, may.error());
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, options.reconnect_ms_min);
  // Despite its name this is how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, options.connect_ms_max);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, options.reconnect_ms_max);
  // A name leads elsewhere once its container was started again; by itself gRPC asks twice a
  // minute.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, options.resolve_ms_min);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_ms);
  // Connections are not shared with other channels of this process to the same address.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Services reach each other directly, whatever proxy the environment names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return {grpc::experimental::CreateCustomChannelWithInterceptors(
              address, channel_credentials(options.credentials), arguments,
              token_interceptors(options.shows_token, true)),
          address};
}

}  // namespace millrace::statekit
