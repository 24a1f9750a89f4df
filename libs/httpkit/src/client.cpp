#include "httpkit/client.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace millrace::httpkit {
namespace {

namespace http = boost::beast::http;
using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t body_bytes_max = 16 << 20;

struct Url {
  std::string host;
  std::string port;
  std::string target;
};

Result<Url> parse_url(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (url.compare(0, scheme.size(), scheme) != 0) {
    return fail(Code::invalid_argument, "not an http:// URL: " + url);
  }
  const std::string rest = url.substr(scheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string authority = rest.substr(0, end);
  Url parts;
  parts.target = rest.substr(end);
  if (parts.target.empty() || parts.target[0] == '?') parts.target.insert(0, "/");
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  parts.host = authority.substr(0, has_port ? colon : std::string::npos);
  parts.port = has_port ? authority.substr(colon + 1) : "80";
  if (parts.host.empty()) return fail(Code::invalid_argument, "no host in the URL " + url);
  return parts;
}

// One TCP connection that gives up at a deadline.
class Socket {
 public:
  explicit Socket(Clock::time_point deadline) : deadline_(deadline) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  Status connect(const Url& url);
  Status write(std::string_view octets);
  // 0 at the end of what the server sends.
  Result<std::size_t> read(char* into, std::size_t size);

 private:
  Status wait(short events, const char* doing);
  Status connect_to(const addrinfo& address);

  Clock::time_point deadline_;
  int fd_ = -1;
};

statekit::Error from_errno(const char* doing, int number) {
  return {Code::unavailable, std::string(doing) + ": " + std::strerror(number), {}};
}

Status Socket::wait(short events, const char* doing) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    if (left <= 0) {
      return fail(Code::deadline_exceeded, std::string(doing) + ": no answer in time");
    }
    pollfd waited{fd_, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(from_errno(doing, errno));
  }
}

Status Socket::connect_to(const addrinfo& address) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail(from_errno("connecting", errno));
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return fail(from_errno("connecting", errno));
  if (auto waited = wait(POLLOUT, "connecting"); !waited) return waited;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(from_errno("connecting", error));
  return {};
}

Status Socket::connect(const Url& url) {
  std::string host = url.host;
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), url.port.c_str(), &hints, &found); error != 0) {
    return fail(Code::unavailable, "looking up " + host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Status last = fail(Code::unavailable, "looking up " + host + ": no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    last = connect_to(*address);
    if (last) break;
  }
  return last;
}

Status Socket::write(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t n = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (auto waited = wait(POLLOUT, "sending"); !waited) return waited;
    } else {
      return fail(from_errno("sending", errno));
    }
  }
  return {};
}

Result<std::size_t> Socket::read(char* into, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(fd_, into, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EINTR) return fail(from_errno("reading", errno));
    if (auto waited = wait(POLLIN, "reading"); !waited) return fail(waited.error());
  }
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

Result<Response> read_response(Socket& socket, bool head) {
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
                       const std::vector<Header>& headers, std::int64_t timeout_ms) {
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
  Socket socket(Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (auto connected = socket.connect(*parts); !connected) return doing(connected.error());
  // A server may answer and close before it has read everything: its answer counts.
  const auto written = socket.write(request_text(method, *parts, body, headers));
  auto response = read_response(socket, method == "HEAD");
  if (!response) return doing(written ? response.error() : written.error());
  return response;
}

}  // namespace millrace::httpkit
