// Ports for programs that have to be told theirs: free now, and below those that the system hands
// out by itself, so that no connection of another test takes one in between. One thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

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

// Another one at each call. Processes that run side by side begin far from each other.
inline int unused_port() {
  constexpr int first = 20'000, count = 12'000;
  static int next = static_cast<int>(getpid()) * 31 % count;
  do next = (next + 1) % count;
  while (!is_free(first + next));
  return first + next;
}

}  // namespace millrace::test
