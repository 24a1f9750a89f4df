#include "peer.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace millrace::access {

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with);
  return text;
}

std::string network_of(const std::string& address) {
  in6_addr octets{};
  if (inet_pton(AF_INET6, address.c_str(), &octets) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&octets)) {
    inet_ntop(AF_INET, &octets.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  std::fill(octets.s6_addr + 8, octets.s6_addr + 16, std::uint8_t{0});
  inet_ntop(AF_INET6, &octets, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace

std::string address_of(std::string_view from) {
  if (from.starts_with("ipv4:")) return std::string(from.substr(5, from.rfind(':') - 5));
  if (!from.starts_with("ipv6:")) return network_of(std::string(from));
  // gRPC writes its brackets in percent code.
  const std::string text = replaced(replaced(std::string(from.substr(5)), "%5B", "["), "%5D", "]");
  const std::size_t end = text.find(']');
  if (text.empty() || text.front() != '[' || end == std::string::npos) return text;
  return network_of(text.substr(1, std::min(end, text.find('%')) - 1));
}

}  // namespace millrace::access
