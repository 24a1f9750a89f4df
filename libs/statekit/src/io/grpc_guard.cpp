#include "grpc_guard.hpp"

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "guarded_clients.hpp"
#include "statekit/io/log.hpp"

namespace millrace::statekit {
namespace {

struct Guarded {
  Http2Scanner scanner;
  GuardedEnds ends;
};

// A connection by its descriptor. The reader is one gRPC thread at a time, and gRPC closes a
// descriptor only when nobody reads it; so an entry needs no lock.
constexpr std::size_t descriptors_max = 65'536;
std::array<std::atomic<Guarded*>, descriptors_max> guarded;  // NOLINT: zero before main
std::atomic<std::int64_t> connections = 0;
std::atomic<std::uint64_t> connections_ended = 0;
std::atomic<std::int64_t> connections_max = 0;  // 0: no gRPC server here, nothing is guarded

std::mutex limits_mutex;
Http2Limits limits;

// Never destroyed: connections are closed after main too.
GuardedClients& clients() {
  static auto* all = new GuardedClients;
  return *all;
}

MonoMs mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// An attacker reconnects at once: a line a second says enough.
void report(std::string_view event, std::string_view reason, std::string_view client = {}) {
  static std::atomic<MonoMs> next_ms = 0;
  static std::atomic<std::uint64_t> unsaid = 0;
  const MonoMs now = mono_ms();
  MonoMs next = next_ms.load();
  if (now < next || !next_ms.compare_exchange_strong(next, now + 1'000)) {
    ++unsaid;
    return;
  }
  log_warn(event,
           {{"reason", reason}, {"client", client}, {"not_logged_before", unsaid.exchange(0)}});
}

Guarded* guarded_of(int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= descriptors_max) return nullptr;
  return guarded[static_cast<std::size_t>(fd)].load(std::memory_order_acquire);
}

void forget(int fd) {
  if (guarded_of(fd) == nullptr) return;
  const std::unique_ptr<Guarded> connection(
      guarded[static_cast<std::size_t>(fd)].exchange(nullptr));
  if (connection == nullptr) return;
  clients().closed(connection->ends);
  --connections;
}

// False when there are as many as there may be, of all clients or of this one.
bool may_open(const GuardedEnds& ends) {
  const std::int64_t max = connections_max.load();
  if (++connections > max) {
    clients().turned_away(ends.port, Crowd::all);
    report("grpc.connection_refused", "as many connections as connections_max", ends.client);
  } else if (!clients().opened(ends, static_cast<std::size_t>(max))) {
    report("grpc.connection_refused",
           "as many connections of this client as connections_per_client_max", ends.client);
  } else {
    return true;
  }
  --connections;
  return false;
}

bool remember(int fd) {
  if (static_cast<std::size_t>(fd) >= descriptors_max) return false;
  GuardedEnds ends = ends_of(fd);
  if (!may_open(ends)) return false;
  std::lock_guard lock(limits_mutex);
  guarded[static_cast<std::size_t>(fd)].store(new Guarded{Http2Scanner(limits), std::move(ends)},
                                              std::memory_order_release);
  return true;
}

// Why the connection must end, having seen what was just read into `message`.
std::string_view judge(Http2Scanner& scanner, const msghdr& message, std::size_t bytes) {
  const MonoMs now = mono_ms();
  std::string_view reason;
  for (std::size_t i = 0; i < message.msg_iovlen && bytes > 0 && reason.empty(); ++i) {
    const std::size_t part = std::min(bytes, message.msg_iov[i].iov_len);
    reason = scanner.scan({static_cast<const char*>(message.msg_iov[i].iov_base), part}, now);
    bytes -= part;
  }
  return reason;
}

// The scanner of a connection over TLS lives in the SSL object's own data, and ends with it.
int scanner_place() {
  static const int place = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* data, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Http2Scanner*>(data);
      });
  return place;
}

// Null where the connection is not HTTP/2 of a client of ours: gRPC takes no other.
Http2Scanner* scanner_of(SSL* ssl) {
  if (auto* there = static_cast<Http2Scanner*>(SSL_get_ex_data(ssl, scanner_place()))) return there;
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  if (SSL_is_server(ssl) == 0 || size != 2 || protocol[0] != 'h' || protocol[1] != '2')
    return nullptr;
  const std::lock_guard lock(limits_mutex);
  auto made = std::make_unique<Http2Scanner>(limits);
  SSL_set_ex_data(ssl, scanner_place(), made.get());
  return made.release();
}

int ended(std::string_view reason) {
  ++connections_ended;
  report("grpc.connection_ended", reason);
  ERR_clear_error();
  ERR_raise_data(ERR_LIB_USER, 1, "%s", std::string(reason).c_str());
  return -1;
}

int ended(int fd, std::string_view reason) {
  shutdown(fd, SHUT_RDWR);
  ++connections_ended;
  report("grpc.connection_ended", reason);
  errno = ECONNRESET;
  return -1;
}

}  // namespace

GrpcGuardCounts guard_counts() { return {connections.load(), connections_ended.load()}; }

}  // namespace millrace::statekit

// What gRPC's library calls instead of the C library's: the dynamic linker takes a program's own
// definition first. All do what they are known for; a descriptor that is not guarded costs one
// load.
extern "C" {

__attribute__((visibility("default"))) int accept4(int listener, sockaddr* peer, socklen_t* size,
                                                   int flags) {
  using namespace millrace::statekit;
  for (;;) {
    const auto fd = static_cast<int>(syscall(SYS_accept4, listener, peer, size, flags));
    if (fd < 0 || connections_max.load() == 0) return fd;
    if (remember(fd)) return fd;
    // Closed at once; to refuse to accept would leave the peer waiting, and stop gRPC's listener.
    syscall(SYS_close, fd);
  }
}

__attribute__((visibility("default"))) ssize_t recvmsg(int fd, msghdr* message, int flags) {
  using namespace millrace::statekit;
  const ssize_t got = syscall(SYS_recvmsg, fd, message, flags);
  Guarded* connection = guarded_of(fd);
  if (connection == nullptr || got <= 0 || connection->scanner.foreign()) return got;
  const std::string_view reason =
      judge(connection->scanner, *message, static_cast<std::size_t>(got));
  return reason.empty() ? got : ended(fd, reason);
}

__attribute__((visibility("default"))) int close(int fd) {
  millrace::statekit::forget(fd);
  return static_cast<int>(syscall(SYS_close, fd));
}

// What the client sent over TLS, in clear: here gRPC takes it from OpenSSL.
__attribute__((visibility("default"))) int SSL_read(SSL* ssl, void* buffer, int size) {
  using namespace millrace::statekit;
  using Read = int (*)(SSL*, void*, int);
  static const auto read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "SSL_read"));
  const int got = read(ssl, buffer, size);
  if (got <= 0 || connections_max.load() == 0) return got;
  Http2Scanner* scanner = scanner_of(ssl);
  if (scanner == nullptr) return got;
  const std::string_view bytes(static_cast<const char*>(buffer), static_cast<std::size_t>(got));
  const std::string_view reason = scanner->scan(bytes, mono_ms());
  return reason.empty() ? got : ended(reason);
}

}  // extern "C"

namespace millrace::statekit {

Status guard_grpc_connections(const GrpcGuardLimits& wanted) {
  for (const auto& [name, own] : {std::pair{"accept4", reinterpret_cast<void*>(&::accept4)},
                                  std::pair{"recvmsg", reinterpret_cast<void*>(&::recvmsg)},
                                  std::pair{"close", reinterpret_cast<void*>(&::close)},
                                  std::pair{"SSL_read", reinterpret_cast<void*>(&::SSL_read)}})
    if (dlsym(RTLD_DEFAULT, name) != own)
      return fail(Code::unavailable,
                  std::string("the gRPC ports of this process cannot be guarded: ") + name +
                      " is not this program's own; link it without hiding "
                      "its symbols");
  {
    std::lock_guard lock(limits_mutex);
    limits = wanted.connection;
  }
  connections_max.store(wanted.connections_max);
  return {};
}

void guard_clients_of(int port, const GrpcGuardLimits& wanted) {
  clients().add(port, static_cast<std::size_t>(wanted.connections_per_client_max),
                wanted.turned_away);
}

void let_clients_go(int port) { clients().remove(port); }

}  // namespace millrace::statekit
