#include "e2e/own_network.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "support/eventually.hpp"
#include "support/ports.hpp"

namespace millrace::e2e {
namespace {

constexpr std::chrono::seconds turn_max{120};

// On this machine's own loopback the ports of the documents are there once for all.
bool wait_for_turn() {
  constexpr int one_of_them = 8891;
  (void)test::eventually([] { return test::claim_port(one_of_them); }, turn_max);
  return false;
}

}  // namespace

bool enter_own_network() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return wait_for_turn();
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
  close(descriptor);
  return up;
}

}  // namespace millrace::e2e
