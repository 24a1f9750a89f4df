#include "connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace millrace::journal::http {

namespace beast = boost::beast::http;
using namespace statekit;

namespace {

constexpr std::uint64_t answer_bytes_max = std::uint64_t{16} << 20;

Error from_errno(const char* doing, int number) {
  return {Code::unavailable, std::string(doing) + ": " + std::strerror(number), {}};
}

using Parser = beast::response_parser<beast::string_body>;

httpkit::Response to_response(Parser& parser) {
  auto& message = parser.get();
  httpkit::Response response{static_cast<int>(message.result_int()), {}, std::move(message.body())};
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
    if (error == beast::error::need_more) break;
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  if (end && !parser.is_done()) {
    if (!parser.got_some()) return fail(Code::unavailable, "the server closed without an answer");
    parser.put_eof(error);
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  return parser.is_done();
}

}  // namespace

Connection::~Connection() { shut(); }

void Connection::shut() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Connection::cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

bool Connection::is_quiet() const {
  char octet = 0;
  return fd_ >= 0 && in_.empty() && ::recv(fd_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connection::open_fd(const addrinfo& address) {
  shut();
  const std::lock_guard lock(mutex_);
  if (!cut_) fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

Status Connection::wait(short events, const char* doing, Time end) const {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          end - std::chrono::steady_clock::now())
                          .count();
    if (left <= 0) return fail(Code::deadline_exceeded, std::string(doing) + ": no answer in time");
    pollfd waited{fd_, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(from_errno(doing, errno));
  }
}

Status Connection::connect_to(const addrinfo& address, Time end) {
  open_fd(address);
  if (fd_ < 0) return fail(from_errno("connecting", cut_ ? ECANCELED : errno));
  const int at_once = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return fail(from_errno("connecting", errno));
  if (auto waited = wait(POLLOUT, "connecting", end); !waited) return waited;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(from_errno("connecting", error));
  return {};
}

Status Connection::connect(const std::string& host, const std::string& port, Time end) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return fail(Code::unavailable, "looking up " + host + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Status last = fail(Code::unavailable, "looking up " + host + ": no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    last = connect_to(*address, end);
    if (last) break;
  }
  if (!last) shut();
  return last;
}

Status Connection::send(std::string_view octets, Time end) {
  while (!octets.empty()) {
    const ssize_t n = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (auto waited = wait(POLLOUT, "sending", end); !waited) return waited;
    } else {
      return fail(from_errno("sending", errno));
    }
  }
  return {};
}

Result<std::size_t> Connection::read(char* into, std::size_t size, Time end) {
  for (;;) {
    const ssize_t n = ::recv(fd_, into, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EINTR) return fail(from_errno("reading", errno));
    if (auto waited = wait(POLLIN, "reading", end); !waited) return fail(waited.error());
  }
}

Result<httpkit::Response> Connection::receive(bool head, Time end) {
  std::array<char, 16 * 1024> block{};
  for (;;) {  // once more after each interim answer
    Parser parser;
    parser.body_limit(answer_bytes_max);
    parser.eager(true);
    parser.skip(head);
    for (bool over = false;;) {
      const auto done = parse(parser, in_, over);
      if (!done) return fail(done.error());
      if (*done) break;
      const auto n = read(block.data(), block.size(), end);
      if (!n) return fail(n.error());
      in_.append(block.data(), *n);
      over = *n == 0;
    }
    if (parser.get().result_int() < 200) continue;
    if (!parser.get().keep_alive()) shut();
    return to_response(parser);
  }
}

}  // namespace millrace::journal::http
