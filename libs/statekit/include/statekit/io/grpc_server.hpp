// GrpcServer: one listening gRPC server with the callback services it is given, health checking
// and reflection. Services' server.cpp own the services; main starts and stops it. Start and stop
// from one thread, the rest from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "statekit/client_connections.hpp"
#include "statekit/http2_scanner.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/health.hpp"
#include "statekit/result.hpp"
#include "tls/doors.hpp"

namespace grpc {
class Service;
}

namespace millrace::statekit {

// What clients may do before they have called anything; see docs/decisions/0090.
struct GrpcGuardLimits {
  Http2Limits connection;
  std::int64_t connections_max = 10'000;  // accepted on all gRPC ports of the process together
  // Of one client on this port. 0: three quarters of connections_max on all ports together, and
  // all for this machine itself (docs/decisions/0178).
  std::int64_t connections_per_client_max = 0;
  TurnedAway turned_away = {};  // told of each connection of this port that was not let in
};

struct GrpcServerOptions {
  std::string listen = "127.0.0.1:0";  // port 0: any free one; empty: in-process only
  std::string setting;                 // named in errors: "schema.listen"
  int message_bytes_max = 16 << 20;
  int streams_max = 10'000;  // concurrent calls of one connection
  std::int64_t stop_ms_max = 5'000;
  tls::Doors doors = {};
  GrpcGuardLimits guard = {};  // `connection` and `connections_max`: the newest server's hold
  // What all callers of this port together may have sent without an answer: more is not read.
  std::size_t unread_bytes_max = std::size_t{1} << 28;
};

class GrpcServer {
 public:
  // The services and `health` (it may be null: then always SERVING) outlive the server.
  static Result<std::unique_ptr<GrpcServer>> start(const GrpcServerOptions& options,
                                                   const std::vector<grpc::Service*>& services,
                                                   const Health* health = nullptr);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const;             // 0 when it does not listen
  std::string address() const;  // host:port with the port that was bound
  Channel in_process_channel();

  // Lets calls end for stop_ms_max, then cancels them. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::statekit
