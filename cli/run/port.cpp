#include "cli/run/port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace millrace::cli {

statekit::Result<int> free_port(int wanted) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(wanted));
  const int on = 1;  // a port that was in use a moment ago is free
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(descriptor, plain, sizeof address) == 0 && listen(descriptor, 1) == 0 &&
                     getsockname(descriptor, plain, &size) == 0;
  const int why = errno;
  close(descriptor);
  if (bound) return ntohs(address.sin_port);
  return statekit::fail(statekit::Code::unavailable,
                        "port " + std::to_string(wanted) + ": " + std::strerror(why) +
                            "; choose another with --port, or leave it out");
}

}  // namespace millrace::cli
