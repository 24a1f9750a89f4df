#include "guarded_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace millrace::statekit {

namespace {

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

std::string text_of(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_v4 = address.any.sa_family == AF_INET;
  if (!is_v4 && address.any.sa_family != AF_INET6) return {};
  const void* octets =
      is_v4 ? static_cast<const void*>(&address.v4.sin_addr) : &address.v6.sin6_addr;
  inet_ntop(address.any.sa_family, octets, text.data(), text.size());
  return text.data();
}

int port_of(const Address& address) {
  if (address.any.sa_family == AF_INET) return ntohs(address.v4.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

}  // namespace

GuardedEnds ends_of(int fd) {
  Address ours{}, theirs{};
  socklen_t size = sizeof ours;
  if (getsockname(fd, &ours.any, &size) != 0) ours = {};
  size = sizeof theirs;
  if (getpeername(fd, &theirs.any, &size) != 0) theirs = {};  // it is gone already
  return {port_of(ours), client_of(text_of(theirs))};
}

void GuardedClients::add(int port, std::size_t per_client_max, TurnedAway told) {
  const std::lock_guard lock(mutex_);
  ports_[port].per_client_max = per_client_max;
  ports_[port].told = std::move(told);
}

void GuardedClients::remove(int port) {
  const std::lock_guard lock(mutex_);
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  found->second.per_client_max = 0;
  found->second.told = nullptr;
  if (found->second.clients.clients() == 0) ports_.erase(found);
}

// A limit that was set is of its port. Without one it is a share of what the process may have, and
// is held against all that the client has there.
bool GuardedClients::opened(const GuardedEnds& ends, std::size_t all_max) {
  const std::lock_guard lock(mutex_);
  Port& port = ports_[ends.port];
  const std::size_t max = connections_of_client(port.per_client_max, all_max, ends.client);
  const bool set = port.per_client_max > 0;
  if (!port.clients.opened(ends.client, set ? max : all_max)) {
    tell(ends.port, Crowd::client);
    return false;
  }
  if (all_.opened(ends.client, set ? all_max : max)) return true;
  port.clients.closed(ends.client);
  tell(ends.port, Crowd::client);
  return false;
}

void GuardedClients::closed(const GuardedEnds& ends) {
  const std::lock_guard lock(mutex_);
  all_.closed(ends.client);
  const auto found = ports_.find(ends.port);
  if (found == ports_.end()) return;
  found->second.clients.closed(ends.client);
  const bool unknown = found->second.per_client_max == 0 && !found->second.told;
  if (unknown && found->second.clients.clients() == 0) ports_.erase(found);
}

void GuardedClients::turned_away(int port, Crowd crowd) {
  const std::lock_guard lock(mutex_);
  tell(port, crowd);
}

void GuardedClients::tell(int port, Crowd crowd) {
  const auto found = ports_.find(port);
  if (found != ports_.end() && found->second.told) found->second.told(crowd);
}

}  // namespace millrace::statekit
