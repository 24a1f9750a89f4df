// Channel: a way to a gRPC server, without saying how: over the network, or inside the process
// (`millrace serve`). Made from an address here or by GrpcServer::in_process_channel; adapters take
// it and make their stubs. A value; thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "statekit/result.hpp"

namespace grpc {
class Channel;
}
namespace millrace::tls {
class Credentials;
}

namespace millrace::statekit {

class Channel {
 public:
  Channel() = default;
  Channel(std::shared_ptr<grpc::Channel> channel, std::string address)
      : channel_(std::move(channel)), address_(std::move(address)) {}

  // For adapters' .cpp files.
  const std::shared_ptr<grpc::Channel>& grpc() const { return channel_; }
  const std::string& address() const { return address_; }
  explicit operator bool() const { return channel_ != nullptr; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string address_;
};

struct ChannelOptions {
  int message_bytes_max = 16 << 20;
  int connect_ms_max = 5'000;  // for one attempt; a machine under load answers late
  int reconnect_ms_min = 100;
  int reconnect_ms_max = 2'000;
  int resolve_ms_min = 1'000;  // from one look-up of a name to the next
  int keepalive_ms = 10'000;
  // Each call carries the token of show_token. Not to modules: they would have it then.
  bool shows_token = true;
  std::shared_ptr<tls::Credentials> credentials = nullptr;  // null: in clear
};

// Where the token of this process goes besides to this machine and over TLS.
struct TokenRules {
  bool leaves_process = true;  // false: on channels inside the process alone
  bool in_clear = false;       // to other machines in clear as well: the operator has said so
  std::string remedy = {};     // for errors: what to do instead
};

// The token that this process shows to Millrace's services, with each call on channels that are
// made afterwards, but for calls that carry one of their own. Called by main, before it makes any
// channel; empty: none.
void show_token(const std::string& token, TokenRules rules = {});
// The same of a token that may be another one later: `shown` is asked for each call, from any
// thread, for the whole header ("Bearer TOKEN"; never null), and must not block for long.
using ShownToken = std::function<std::shared_ptr<const std::string>()>;
void show_tokens(ShownToken shown, TokenRules rules = {});

// FailedPrecondition where a token would go to `address` in clear and nobody has said that it may.
Status may_show_token(const std::string& address, const ChannelOptions& options = {});

// Never blocks: the connection is made when it is first used. `address` is host:port or unix:path.
// Where may_show_token says no, nothing is ever connected and each call fails with its error.
Channel connect(const std::string& address, const ChannelOptions& options = {});

}  // namespace millrace::statekit
