#include "tests/faults/delay_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "support/catch.hpp"

namespace millrace::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int poll_ms = 50;

sockaddr_in ipv4(const std::string& host, int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &at.sin_addr);
  return at;
}

struct Chunk {
  Clock::time_point due;
  std::string octets;
};

bool write_all(int to, const std::string& octets) {
  std::size_t sent = 0;
  while (sent < octets.size()) {
    const ssize_t wrote = ::send(to, octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) return false;
    sent += static_cast<std::size_t>(wrote);
  }
  return true;
}

}  // namespace

// Both directions of one connection; the sockets are closed when the last pump lets go.
struct DelayProxy::Link {
  int client = -1;
  int server = -1;
  ~Link() {
    if (client >= 0) ::close(client);
    if (server >= 0) ::close(server);
  }
};

DelayProxy::DelayProxy(const std::string& listen_host, std::string target_host, int target_port)
    : target_host_(std::move(target_host)), target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = ipv4(listen_host, 0);
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(listener_, 64) == 0);
  socklen_t size = sizeof at;
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

DelayProxy::~DelayProxy() {
  stop_ = true;
  acceptor_.join();
  for (std::thread& pump : pumps_) pump.join();
  ::close(listener_);
}

void DelayProxy::accept_all() {
  while (!stop_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, poll_ms) <= 0) continue;
    auto link = std::make_shared<Link>();
    link->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    link->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in to = ipv4(target_host_, target_port_);
    timeval patience{2, 0};
    ::setsockopt(link->server, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(link->server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) continue;
    const int yes = 1;
    for (const int socket : {link->client, link->server})
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    pumps_.emplace_back([this, link] { pump(link, link->client, link->server); });
    pumps_.emplace_back([this, link] { pump(link, link->server, link->client); });
  }
}

// Reads as it comes and writes when it is due: what arrives close together stays close together.
void DelayProxy::pump(const std::shared_ptr<Link>& link, int from, int to) {
  std::deque<Chunk> waiting;
  bool open = true;
  while (!stop_ && (open || !waiting.empty())) {
    int patience = poll_ms;
    if (!waiting.empty()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(waiting.front().due - Clock::now());
      patience = std::clamp(static_cast<int>(left.count()), 0, poll_ms);
    }
    pollfd readable{from, static_cast<short>(open ? POLLIN : 0), 0};
    if (::poll(&readable, 1, patience) > 0 && open) {
      char octets[16'384];
      const ssize_t got = ::recv(from, octets, sizeof octets, MSG_DONTWAIT);
      if (got > 0)
        waiting.push_back({Clock::now() + std::chrono::milliseconds(delay_ms_),
                           std::string(octets, static_cast<std::size_t>(got))});
      open = got > 0 || (got < 0 && errno == EAGAIN);
    }
    while (!waiting.empty() && waiting.front().due <= Clock::now()) {
      if (!write_all(to, waiting.front().octets))
        open = false, waiting.clear();
      else
        waiting.pop_front();
    }
  }
  ::shutdown(link->client, SHUT_RDWR);
  ::shutdown(link->server, SHUT_RDWR);
}

}  // namespace millrace::test
