#include <algorithm>
#include <string_view>

#include "journal/http.hpp"
#include "journal/http_wire.hpp"
#include "tls/doors.hpp"

#include "../rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::string_view below = "/v1/workspaces/";
constexpr std::size_t workspace_bytes_max = 128;

tl::unexpected<Error> wrong(const std::string& url, const std::string& why) {
  return wrong_address(url, why, "https://HOST:PORT/v1/workspaces/NAME");
}

// Empty when it was taken, else what is wrong with it.
std::string take_option(std::string_view name, std::string value, HttpAddress& address) {
  if (value.empty()) return "'" + std::string(name) + "' has no value";
  if (name == "token-file") return address.token_file = std::move(value), "";
  if (name == "token")
    return "a token does not belong in an address, which others can see: use token-file=FILE";
  std::string* file = name == "ca"     ? &address.ca_file
                      : name == "cert" ? &address.cert_file
                      : name == "key"  ? &address.key_file
                                       : nullptr;
  if (file == nullptr)
    return "there is no option '" + std::string(name) + "', only ca, cert, key, token-file";
  if (!address.tls) return "'" + std::string(name) + "' is for https://";
  *file = std::move(value);
  return "";
}

std::string take_options(std::string_view query, HttpAddress& address) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view each = query.substr(0, end);
    const std::size_t equals = std::min(each.find('='), each.size());
    std::string fault =
        take_option(each.substr(0, equals),
                    std::string(each.substr(std::min(equals + 1, each.size()))), address);
    if (!fault.empty()) return fault;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (address.cert_file.empty() != address.key_file.empty()) return "cert and key go together";
  if (!address.token_file.empty() && !address.tls &&
      !tls::is_loopback(address.host + ':' + address.port))
    return "a token in clear can be read on its way: write https://";
  return "";
}

// What stands before the host, taken off; nullopt where it is none of ours.
std::optional<bool> take_scheme(std::string_view& rest) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    return scheme == "https://";
  }
  return std::nullopt;
}

bool is_workspace(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= workspace_bytes_max &&
         std::all_of(text.begin(), text.end(), good) && text.find_first_of("-_.") != 0;
}

}  // namespace

Result<HttpAddress> parse_http_url(const std::string& url) {
  std::string_view rest = url;
  const auto secure = take_scheme(rest);
  if (!secure) return wrong(url, "it does not begin with http:// or https://");
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view query = rest.substr(std::min(question + 1, rest.size()));
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  const std::size_t colon = authority.rfind(':');
  const auto port = colon == std::string_view::npos
                        ? std::nullopt
                        : http::parse_number(authority.substr(colon + 1));
  if (!port || *port == 0 || *port > 65'535 || colon == 0 ||
      authority.find_first_of(" \t@?#") != std::string_view::npos)
    return wrong(url, "'" + std::string(authority) + "' is not HOST:PORT");
  if (path.ends_with("/")) path.remove_suffix(1);
  if (!path.starts_with(below)) return wrong(url, "it names no workspace");
  if (!is_workspace(path.substr(below.size())))
    return wrong(url, "'" + std::string(path.substr(below.size())) +
                          "' is not a workspace, which is 1 to 128 of letters, digits, - _ ., "
                          "beginning with a letter or digit");
  HttpAddress address{std::string(authority.substr(0, colon)),
                      std::string(authority.substr(colon + 1)), std::string(path), *secure};
  if (const std::string fault = take_options(query, address); !fault.empty())
    return wrong(url, fault);
  return address;
}

}  // namespace millrace::journal
