// A server on loopback that says to each connection what a test wants, however bad: too much, too
// slowly, without an end. Test support; each connection has a thread, on which `talk` runs, and all
// end with the server.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "statekit/result.hpp"

namespace millrace::test {

class TalkServer {
 public:
  class Link {
   public:
    explicit Link(int socket) : socket_(socket) {}
    // False when the other end is gone.
    bool send(std::string_view octets) {
      while (!octets.empty()) {
        const ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    // Whatever comes next; empty at the end.
    std::string receive() {
      std::string octets(65'536, '\0');
      const ssize_t got = ::recv(socket_, octets.data(), octets.size(), 0);
      octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      return octets;
    }
    // Exactly so many; fewer at the end.
    std::string receive(std::size_t count) {
      std::string octets(count, '\0');
      const ssize_t got = ::recv(socket_, octets.data(), count, MSG_WAITALL);
      octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      return octets;
    }

   private:
    const int socket_;
  };
  using Talk = std::function<void(Link&)>;

  explicit TalkServer(Talk talk)
      : talk_(std::move(talk)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    statekit::check(::bind(listener_, where, size) == 0 && ::listen(listener_, 64) == 0 &&
                        ::getsockname(listener_, where, &size) == 0,
                    "a server of the test listens");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TalkServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (Guest& guest : guests_) ::shutdown(guest.socket, SHUT_RDWR);
    for (Guest& guest : guests_) guest.thread.join();
    for (Guest& guest : guests_) ::close(guest.socket);
  }
  TalkServer(const TalkServer&) = delete;
  TalkServer& operator=(const TalkServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  struct Guest {
    int socket;
    std::thread thread;
  };

  void run() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      guests_.push_back({socket, std::thread([this, socket] {
                           Link link(socket);
                           talk_(link);
                           ::shutdown(socket, SHUT_RDWR);
                         })});
    }
  }

  const Talk talk_;
  const int listener_;
  int port_ = 0;
  std::list<Guest> guests_;  // the thread's until it ends
  std::thread thread_;
};

}  // namespace millrace::test
