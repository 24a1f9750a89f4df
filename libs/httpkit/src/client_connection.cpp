#include "client_connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace millrace::httpkit {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

// OpenSSL reads and writes memory, and this class the socket: so a peer that hung up is an error
// and no signal.
struct ClientConnection::Tls {
  explicit Tls(SSL* made) : ssl(made, SSL_free) {}
  std::unique_ptr<SSL, void (*)(SSL*)> ssl;
  BIO* in = nullptr;  // owned by ssl, both
  BIO* out = nullptr;
};

namespace {

statekit::Error from_errno(const char* doing, int number) {
  return {Code::unavailable, std::string(doing) + ": " + std::strerror(number), {}};
}

std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

ClientConnection::ClientConnection(std::int64_t timeout_ms)
    : deadline_(Clock::now() + std::chrono::milliseconds(timeout_ms)) {}

ClientConnection::~ClientConnection() { close(); }

void ClientConnection::close() {
  tls_.reset();
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void ClientConnection::cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

bool ClientConnection::is_quiet() const {
  char octet = 0;
  if (fd_ < 0 || (tls_ && (SSL_pending(tls_->ssl.get()) > 0 || BIO_pending(tls_->in) > 0)))
    return false;
  return ::recv(fd_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::open_socket(int family) {
  close();
  const std::lock_guard lock(mutex_);
  errno = ECANCELED;
  if (!cut_) fd_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

Status ClientConnection::wait(short events, const char* doing) {
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

Status ClientConnection::connect_to(const addrinfo& address) {
  open_socket(address.ai_family);
  if (fd_ < 0) return fail(from_errno("connecting", errno));
  const int at_once = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return fail(from_errno("connecting", errno));
  if (auto waited = wait(POLLOUT, "connecting"); !waited) return waited;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(from_errno("connecting", error));
  return {};
}

Status ClientConnection::connect(const std::string& named, const std::string& port) {
  const std::string host = without_brackets(named);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return fail(Code::unavailable, "looking up " + host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Status last = fail(Code::unavailable, "looking up " + host + ": no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    last = connect_to(*address);
    if (last) break;
  }
  if (!last) close();
  return last;
}

Status ClientConnection::secure(const tls::Context& context, std::string host,
                                const std::string& protocol) {
  tls_ = std::make_unique<Tls>(SSL_new(context.get()));
  SSL* ssl = tls_->ssl.get();
  tls_->in = BIO_new(BIO_s_mem());
  tls_->out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, tls_->in, tls_->out);
  if (!host.empty()) {
    if (Status named = tls::expect_host(ssl, without_brackets(std::move(host))); !named)
      return named;
  }
  if (!protocol.empty()) {
    const std::string offer = static_cast<char>(protocol.size()) + protocol;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
  }
  const auto done = take_steps([&] { return SSL_connect(ssl); }, "opening TLS");
  return done ? Status{} : fail(done.error());
}

// One step of OpenSSL's, as often as it wants more of the socket.
template <class Step>
Result<int> ClientConnection::take_steps(Step step, const char* doing) {
  SSL* ssl = tls_->ssl.get();
  for (;;) {
    ERR_clear_error();
    const int result = step();
    const int why = SSL_get_error(ssl, result);
    const std::string fault = why == SSL_ERROR_SSL ? tls::handshake_fault(ssl) : std::string();
    char* octets = nullptr;
    const long size = BIO_get_mem_data(tls_->out, &octets);
    if (size > 0) {
      const Status sent = write_raw({octets, static_cast<std::size_t>(size)});
      static_cast<void>(BIO_reset(tls_->out));
      if (!sent && why != SSL_ERROR_SSL) return fail(sent.error());
    }
    if (result > 0) return result;
    if (why == SSL_ERROR_ZERO_RETURN) return 0;
    if (why == SSL_ERROR_SSL) return fail(Code::unavailable, std::string(doing) + ": " + fault);
    if (why != SSL_ERROR_WANT_READ)
      return fail(Code::unavailable, std::string(doing) + ": the connection was cut off");
    std::array<char, 16 * 1024> block{};
    const auto got = read_raw(block.data(), block.size());
    if (!got) return fail(within(doing, got.error()));
    if (*got == 0)
      return fail(Code::unavailable, std::string(doing) + ": the server closed the connection");
    BIO_write(tls_->in, block.data(), static_cast<int>(*got));
  }
}

Status ClientConnection::write(std::string_view octets) {
  if (!tls_) return write_raw(octets);
  if (octets.empty()) return {};
  const auto done = take_steps(
      [&] { return SSL_write(tls_->ssl.get(), octets.data(), static_cast<int>(octets.size())); },
      "sending");
  return done ? Status{} : fail(done.error());
}

Status ClientConnection::write_raw(std::string_view octets) {
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

Result<std::size_t> ClientConnection::read(char* into, std::size_t size) {
  if (!tls_) return read_raw(into, size);
  const auto got = take_steps(
      [&] { return SSL_read(tls_->ssl.get(), into, static_cast<int>(size)); }, "reading");
  if (!got) return fail(got.error());
  return static_cast<std::size_t>(*got);
}

Result<std::size_t> ClientConnection::read_raw(char* into, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(fd_, into, size, 0);
    if (n > 0) was_answered_ = true;
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EINTR) return fail(from_errno("reading", errno));
    if (auto waited = wait(POLLIN, "reading"); !waited) return fail(waited.error());
  }
}

}  // namespace millrace::httpkit
