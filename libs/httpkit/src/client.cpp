#include "httpkit/client.hpp"

#include <algorithm>

#include "client_connection.hpp"
#include "response_reader.hpp"

namespace millrace::httpkit {
namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;

struct Url {
  bool secure = false;
  std::string host;
  std::string port;
  std::string target;
};

Result<Url> parse_url(const std::string& url) {
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) {
    return fail(Code::invalid_argument, "not an http:// or https:// URL: " + url);
  }
  const std::string rest = url.substr(url.find("//") + 2);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string authority = rest.substr(0, end);
  Url parts;
  parts.secure = secure;
  parts.target = rest.substr(end);
  if (parts.target.empty() || parts.target[0] == '?') parts.target.insert(0, "/");
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  parts.host = authority.substr(0, has_port ? colon : std::string::npos);
  parts.port = has_port ? authority.substr(colon + 1) : secure ? "443" : "80";
  if (parts.host.empty()) return fail(Code::invalid_argument, "no host in the URL " + url);
  return parts;
}

std::string request_text(const std::string& method, const Url& url, const std::string& body,
                         const std::vector<Header>& headers) {
  std::string out = method + ' ' + url.target + " HTTP/1.1\r\n";
  if (!find_header(headers, "host")) out += "host: " + url.host + ':' + url.port + "\r\n";
  for (const Header& header : headers) out += header.name + ": " + header.value + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    out += "content-length: " + std::to_string(body.size()) + "\r\n";
  }
  return out + "connection: close\r\n\r\n" + body;
}

}  // namespace

Result<Response> fetch(const std::string& method, const std::string& url, const std::string& body,
                       const std::vector<Header>& headers, std::int64_t timeout_ms,
                       const std::shared_ptr<tls::Credentials>& credentials) {
  const auto parts = parse_url(url);
  if (!parts) return fail(parts.error());
  if (!is_token(method) || !is_field_value(parts->target) ||
      parts->target.find(' ') != std::string::npos) {
    return fail(Code::invalid_argument, "no such request can be sent: " + method + ' ' + url);
  }
  for (const Header& header : headers) {
    if (!is_token(header.name) || !is_field_value(header.value)) {
      return fail(Code::invalid_argument, "the header " + header.name + " cannot be sent");
    }
  }
  const auto doing = [&](const statekit::Error& e) { return fail(within(method + ' ' + url, e)); };
  ClientConnection socket(timeout_ms);
  if (auto connected = socket.connect(parts->host, parts->port); !connected)
    return doing(connected.error());
  if (parts->secure) {
    auto context = tls::client_context(credentials ? *credentials->current() : tls::Material{});
    if (!context) return fail(context.error());
    if (auto secured = socket.secure(*context, parts->host); !secured)
      return doing(secured.error());
  }
  // A server may answer and close before it has read everything: its answer counts.
  const auto written = socket.write(request_text(method, *parts, body, headers));
  auto response = ResponseReader().read(socket, method == "HEAD");
  if (!response) return doing(written ? response.error() : written.error());
  return response;
}

}  // namespace millrace::httpkit
