#include "statekit/client_connections.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace millrace::statekit {

namespace {

// A socket of the file system has no address, and is of this machine.
bool is_this_machine(std::string_view client) {
  return client.empty() || client.starts_with("127.") || client == "::1";
}

}  // namespace

std::string client_of(const std::string& address) {
  in6_addr octets{};
  const std::string text_of_it = address.substr(0, address.find('%'));  // without an interface
  if (inet_pton(AF_INET6, text_of_it.c_str(), &octets) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&octets)) {
    inet_ntop(AF_INET, &octets.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  if (IN6_IS_ADDR_LOOPBACK(&octets)) return "::1";
  std::fill(octets.s6_addr + 8, octets.s6_addr + 16, std::uint8_t{0});
  inet_ntop(AF_INET6, &octets, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

std::size_t connections_of_client(std::size_t wanted, std::size_t all_max,
                                  std::string_view client) {
  if (wanted > 0) return wanted;
  return is_this_machine(client) ? all_max : all_max - all_max / 4;
}

bool ClientConnections::opened(const std::string& client, std::size_t max) {
  if (of(client) >= max) return false;
  ++counts_[client];
  return true;
}

void ClientConnections::closed(const std::string& client) {
  const auto found = counts_.find(client);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

std::size_t ClientConnections::of(const std::string& client) const {
  const auto found = counts_.find(client);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace millrace::statekit
