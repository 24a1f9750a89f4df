#include "support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "statekit/result.hpp"

namespace millrace::test {

namespace {

// Only what a test writes is so large: not what HTTP/2 sends by itself (settings, windows, pings),
// and no question or watch that a driver sends beside it, which may come first when the machine is
// busy.
constexpr std::size_t request_bytes_min = 4'096;
constexpr std::size_t answer_bytes_min = 50;
// A request that came late may be one that the server never answers, such as half of one.
constexpr timeval late_answer_max{2, 0};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

void at_once(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool send_all(int socket, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

void close_one(int& socket) {
  if (socket >= 0) close(socket);
  socket = -1;
}

}  // namespace

TcpProxy::TcpProxy(int target_port, std::string words)
    : target_(target_port), words_(std::move(words)) {
  statekit::check(pipe(wake_) == 0, "a proxy needs a pipe");
  listen_again();
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  {
    // Not settled: the thread may see that it is to stop before it sees the octet, and then answers
    // no more.
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake();
  }
  thread_.join();
  for (Link& each : links_) close_one(each.client), close_one(each.server);
  for (int* each : {&listener_, &late_server_, &wake_[0], &wake_[1]}) close_one(*each);
}

void TcpProxy::set_down(bool down) {
  std::unique_lock lock(mutex_);
  down_ = down;
  settle(lock);
}

void TcpProxy::set_still(bool still) {
  std::unique_lock lock(mutex_);
  still_ = still;
  settle(lock);
}

void TcpProxy::still_after(std::size_t octets) {
  std::unique_lock lock(mutex_);
  sent_max_ = octets;
  settle(lock);
}

bool TcpProxy::stands_still() {
  const std::lock_guard lock(mutex_);
  return still_;
}

std::size_t TcpProxy::octets_sent() {
  const std::lock_guard lock(mutex_);
  return sent_;
}

void TcpProxy::cut_next(Cut cut) {
  std::unique_lock lock(mutex_);
  cuts_.push_back(cut);
  settle(lock);
}

void TcpProxy::settle(std::unique_lock<std::mutex>& lock) {
  const unsigned mine = ++asked_;
  wake();
  applied_.wait(lock, [&] { return done_ >= mine; });
}

void TcpProxy::wake() const {
  const char octet = 0;
  statekit::check(write(wake_[1], &octet, 1) == 1, "a proxy's thread is told");
}

void TcpProxy::listen_again() {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(port_);
  socklen_t size = sizeof address;
  const bool good = bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    listen(listener_, 64) == 0 &&
                    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  statekit::check(good, "a proxy listens");
  port_ = ntohs(address.sin_port);
}

int TcpProxy::connect_target() const {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(target_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    close_one(server);
  else
    at_once(server);
  return server;
}

void TcpProxy::run() {
  for (;;) {
    std::vector<pollfd> polled{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      for (const Link& each : links_) {
        polled.push_back({still_ ? -1 : each.client, POLLIN, 0});
        polled.push_back({still_ ? -1 : each.server, POLLIN, 0});
      }
    }
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    for (std::size_t i = 0; 2 * i + 3 < polled.size(); ++i) {
      Link& link = links_[i];
      const bool up = polled[2 * i + 2].revents == 0 || pass_up(link);
      const bool lives = up && (polled[2 * i + 3].revents == 0 || pass_down(link));
      if (!lives) close_one(link.client), close_one(link.server);
    }
    std::erase_if(links_, [](const Link& each) { return each.client < 0; });
    if (polled[1].revents != 0) accept_one();
    if (polled[0].revents != 0) apply();
  }
}

void TcpProxy::apply() {
  std::array<char, 64> octets;
  if (read(wake_[0], octets.data(), octets.size()) <= 0) return;
  const std::lock_guard lock(mutex_);
  if (down_) {
    for (Link& each : links_) close_one(each.client), close_one(each.server);
    links_.clear();
    close_one(listener_);
  } else if (listener_ < 0) {
    listen_again();
  }
  done_ = asked_;
  applied_.notify_all();
}

void TcpProxy::accept_one() {
  Link link{accept(listener_, nullptr, nullptr), -1};
  if (link.client < 0) return;
  at_once(link.client);
  deliver_late();
  link.server = connect_target();
  if (link.server < 0)
    close_one(link.client);
  else
    links_.push_back(link);
}

void TcpProxy::deliver_late() {
  if (late_server_ < 0) return;
  setsockopt(late_server_, SOL_SOCKET, SO_RCVTIMEO, &late_answer_max, sizeof late_answer_max);
  if (send_all(late_server_, late_.data(), late_.size())) {
    // The server has taken it once it answers.
    std::array<char, 4096> answer;
    while (true) {
      const ssize_t size = recv(late_server_, answer.data(), answer.size(), 0);
      if (size <= 0 || is_answer(static_cast<std::size_t>(size))) break;
    }
  }
  close_one(late_server_);
}

bool TcpProxy::is_request(std::string_view octets) const {
  return words_.empty() ? octets.size() >= request_bytes_min
                        : octets.find(words_) != std::string_view::npos;
}

bool TcpProxy::is_answer(std::size_t size) const {
  return !words_.empty() || size >= answer_bytes_min;
}

// False: these octets, and all that come, stay here.
bool TcpProxy::may_pass(std::size_t size) {
  const std::lock_guard lock(mutex_);
  still_ = still_ || sent_ + size > sent_max_;
  if (!still_) sent_ += size;
  return !still_;
}

bool TcpProxy::pass_up(Link& link) {
  std::array<char, 65536> octets;
  const ssize_t size = recv(link.client, octets.data(), octets.size(), 0);
  if (size <= 0) return false;
  if (!may_pass(static_cast<std::size_t>(size))) return true;
  std::optional<Cut> cut;
  if (is_request({octets.data(), static_cast<std::size_t>(size)})) {
    const std::lock_guard lock(mutex_);
    if (!cuts_.empty()) {
      cut = cuts_.front();
      cuts_.pop_front();
    }
  }
  if (cut == Cut::before) return false;
  if (cut == Cut::late) {
    late_.assign(octets.data(), static_cast<std::size_t>(size));
    close_one(late_server_);
    std::swap(late_server_, link.server);
    return false;
  }
  link.cutting = link.cutting || cut == Cut::after;
  return send_all(link.server, octets.data(), static_cast<std::size_t>(size));
}

bool TcpProxy::pass_down(Link& link) {
  std::array<char, 65536> octets;
  const ssize_t size = recv(link.server, octets.data(), octets.size(), 0);
  if (size <= 0) return false;
  if (link.cutting) return !is_answer(static_cast<std::size_t>(size));
  return send_all(link.client, octets.data(), static_cast<std::size_t>(size));
}

}  // namespace millrace::test
