// ClientConnections: how many connections each client of a port has, so that one address cannot
// take them all and lock everybody else out; docs/decisions/0178 says how much is one's share. The
// ports of gRPC and of HTTP count with it. Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace millrace::statekit {

// Who stands behind an address, as far as one can tell: of IPv6 the first 64 bits, which are one
// customer's ("2001:db8::1" -> "2001:db8::/64"), IPv4 as it is, also inside IPv6. What is no
// address stays what it is.
std::string client_of(const std::string& address);

// How many of `all_max` connections a client may have. `wanted` is what the operator has set; 0:
// three quarters, and all of them for this machine itself, since a proxy here brings everybody.
std::size_t connections_of_client(std::size_t wanted, std::size_t all_max, std::string_view client);

class ClientConnections {
 public:
  // False, and not counted: the client has as many as it may have.
  bool opened(const std::string& client, std::size_t max);
  void closed(const std::string& client);
  std::size_t of(const std::string& client) const;
  std::size_t clients() const { return counts_.size(); }

 private:
  std::unordered_map<std::string, std::size_t> counts_;  // none is 0
};

// Why a connection was turned away: all had as many as there may be, or its client had.
enum class Crowd { all, client };
// Told of each one that is. Called on a thread of the port's; must not block.
using TurnedAway = std::function<void(Crowd)>;

}  // namespace millrace::statekit
