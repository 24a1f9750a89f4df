#include "peer.hpp"

#include <algorithm>

#include "statekit/client_connections.hpp"

namespace millrace::access {

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

std::string address_of(std::string_view from) {
  if (from.starts_with("ipv4:")) return std::string(from.substr(5, from.rfind(':') - 5));
  if (!from.starts_with("ipv6:")) return statekit::client_of(std::string(from));
  // gRPC writes its brackets in percent code.
  const std::string text = replaced(replaced(std::string(from.substr(5)), "%5B", "["), "%5D", "]");
  const std::size_t end = text.find(']');
  if (text.empty() || text.front() != '[' || end == std::string::npos) return text;
  return statekit::client_of(text.substr(1, std::min(end, text.find('%')) - 1));
}

}  // namespace millrace::access
