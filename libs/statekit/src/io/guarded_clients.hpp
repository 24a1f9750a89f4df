// GuardedClients: whose the connections are that the guard lets in, on all gRPC ports of a process,
// and whether one more of the same client is too many. Used by grpc_guard.cpp alone. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "statekit/client_connections.hpp"

namespace millrace::statekit {

// The two ends of a connection.
struct GuardedEnds {
  int port = 0;        // ours; 0: a socket of the file system
  std::string client;  // as client_of says; empty: this machine
};
GuardedEnds ends_of(int fd);

class GuardedClients {
 public:
  // `per_client_max` as in connections_of_client. A port that was not told of has its defaults.
  void add(int port, std::size_t per_client_max, TurnedAway told);
  // Nobody is told any more once this has returned.
  void remove(int port);

  // False: this client has as many as it may have of `all_max`, and that was told.
  bool opened(const GuardedEnds& ends, std::size_t all_max);
  void closed(const GuardedEnds& ends);
  void turned_away(int port, Crowd crowd);

 private:
  struct Port {
    std::size_t per_client_max = 0;
    TurnedAway told;
    ClientConnections clients;
  };

  void tell(int port, Crowd crowd);

  std::mutex mutex_;
  std::map<int, Port> ports_;
  ClientConnections all_;  // on all ports together, as connections_max is
};

}  // namespace millrace::statekit
