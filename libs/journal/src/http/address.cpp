#include <algorithm>
#include <string_view>

#include "journal/http.hpp"
#include "journal/http_wire.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::string_view scheme = "http://";
constexpr std::string_view below = "/v1/workspaces/";
constexpr std::size_t workspace_bytes_max = 128;

tl::unexpected<Error> wrong(const std::string& url, const std::string& why) {
  return fail(Code::invalid_argument, "journal '" + url + "': " + why +
                                          ": it looks like http://HOST:PORT/v1/workspaces/NAME");
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
  if (!rest.starts_with(scheme)) return wrong(url, "it does not begin with http://");
  rest.remove_prefix(scheme.size());
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
  std::string host(authority.substr(0, colon));
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return HttpAddress{std::move(host), std::string(authority.substr(colon + 1)), std::string(path)};
}

}  // namespace millrace::journal
