#include "httpkit/client.hpp"

#include <array>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "client_connection.hpp"

namespace millrace::httpkit {
namespace {

namespace http = boost::beast::http;
using statekit::Code;
using statekit::fail;
using statekit::Result;

constexpr std::uint64_t body_bytes_max = 16 << 20;

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

using Parser = http::response_parser<http::string_body>;

Response to_response(Parser& parser) {
  auto& message = parser.get();
  Response response{static_cast<int>(message.result_int()), {}, std::move(message.body())};
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    response.headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }
  return response;
}

// True when the message is whole. `octets` keeps what the parser has not used.
Result<bool> parse(Parser& parser, std::string& octets, bool end) {
  boost::system::error_code error;
  while (!octets.empty() && !parser.is_done()) {
    const std::size_t n = parser.put(boost::asio::buffer(octets), error);
    octets.erase(0, n);
    if (error == http::error::need_more) break;
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  if (end && !parser.is_done()) {
    if (!parser.got_some()) return fail(Code::unavailable, "the server closed without an answer");
    parser.put_eof(error);
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  return parser.is_done();
}

Result<Response> read_response(ClientConnection& socket, bool head) {
  std::string octets;
  std::array<char, 16 * 1024> block{};
  for (;;) {  // once more after each interim answer
    Parser parser;
    parser.body_limit(body_bytes_max);
    parser.eager(true);
    parser.skip(head);
    for (bool end = false;;) {
      const auto done = parse(parser, octets, end);
      if (!done) return fail(done.error());
      if (*done) break;
      const auto n = socket.read(block.data(), block.size());
      if (!n) return fail(n.error());
      octets.append(block.data(), *n);
      end = *n == 0;
    }
    if (parser.get().result_int() >= 200) return to_response(parser);
  }
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
  auto response = read_response(socket, method == "HEAD");
  if (!response) return doing(written ? response.error() : written.error());
  return response;
}

}  // namespace millrace::httpkit
