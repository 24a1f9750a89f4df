// Ports for programs that have to be told theirs: free now, below those that the system hands out
// by itself, so that no connection of another test takes one in between, and this process's alone
// until it ends, so that no other test is told the same one before the program listens. One thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace millrace::test {

inline bool is_free(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool good = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return good;
}

// True for one process of this network until it ends: it holds a name that the system keeps without
// a file and gives back by itself.
inline bool claim_port(int port) {
  const int name = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                   "millrace-test-port-%d", port);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                           static_cast<std::size_t>(length));
  if (bind(name, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  close(name);
  return false;
}

// Another one at each call. Processes that run side by side begin far from each other.
inline int unused_port() {
  constexpr int first = 20'000, count = 12'000;
  static int next = static_cast<int>(getpid()) * 31 % count;
  do next = (next + 1) % count;
  while (!claim_port(first + next) || !is_free(first + next));
  return first + next;
}

}  // namespace millrace::test
