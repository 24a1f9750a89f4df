// The proxy that loses what it is told to must never stand still itself.
#include "support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/catch.hpp"

using namespace millrace::test;

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// A socket that is closed when its owner goes.
struct Socket {
  explicit Socket(int descriptor) : fd(descriptor) {}
  ~Socket() { close(fd); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  const int fd;

  bool send(const std::string& octets) const {
    return ::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(octets.size());
  }
  std::string receive(int patience_ms = 20'000) const {
    pollfd readable{fd, POLLIN, 0};
    char octets[16'384];
    if (poll(&readable, 1, patience_ms) <= 0) return "nothing";
    const ssize_t size = recv(fd, octets, sizeof octets, 0);
    return size <= 0 ? "end" : std::string(octets, static_cast<std::size_t>(size));
  }
};

int listening(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 8) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

int connected(int port) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  REQUIRE(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return client;
}

}  // namespace

TEST_CASE("a late request that the server never answers does not hold up the next connection") {
  int port = 0;
  const Socket server(listening(port));
  TcpProxy proxy(port);
  proxy.cut_next(TcpProxy::Cut::late);
  const Socket first(connected(proxy.port()));
  const Socket silent(accept(server.fd, nullptr, nullptr));
  REQUIRE(first.send(std::string(5'000, 'x')));
  CHECK(first.receive() == "end");
  const Socket second(connected(proxy.port()));
  CHECK(silent.receive() == std::string(5'000, 'x'));
  const Socket serving(accept(server.fd, nullptr, nullptr));
  REQUIRE(second.send("hello"));
  CHECK(serving.receive() == "hello");
}

TEST_CASE("what is smaller than a write of a test is not cut") {
  int port = 0;
  const Socket server(listening(port));
  TcpProxy proxy(port);
  proxy.cut_next(TcpProxy::Cut::before);
  const Socket client(connected(proxy.port()));
  const Socket serving(accept(server.fd, nullptr, nullptr));
  REQUIRE(client.send(std::string(1'000, 'w')));  // a watch, a question
  CHECK(serving.receive() == std::string(1'000, 'w'));
  REQUIRE(client.send(std::string(5'000, 'x')));
  CHECK(client.receive() == "end");
}

TEST_CASE("a proxy that is busy when it is no longer wanted ends") {
  int port = 0;
  const Socket server(listening(port));
  for (int round = 0; round < 200; ++round) {
    TcpProxy proxy(port);
    const Socket client(connected(proxy.port()));
    REQUIRE(client.send(std::string(5'000, 'x')));
    close(accept(server.fd, nullptr, nullptr));
  }
}
