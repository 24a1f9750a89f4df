#include "tests/faults/lab.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "support/catch.hpp"

namespace millrace::test {
namespace {

constexpr const char* ip = "/usr/sbin/ip";

bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

void must(const std::string& command) {
  INFO(command);
  REQUIRE(runs(command));
}

}  // namespace

std::string Lab::enter() {
  if (!runs(std::string(ip) + " -V")) return "iproute2 is not installed";
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
    return std::string("no namespaces for us: ") + std::strerror(errno);
  // The names of the hosts' namespaces stay inside this process too.
  mkdir("/run/netns", 0755);
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", "/run/netns", "tmpfs", 0, nullptr) != 0)
    return std::string("no mounts for us: ") + std::strerror(errno);
  must(std::string(ip) + " link set lo up");
  if (!runs(std::string(ip) + " link add br0 type bridge")) return "this kernel has no bridge";
  must(std::string(ip) + " addr add 10.77.0.1/24 dev br0");
  must(std::string(ip) + " link set br0 up");
  return {};
}

void Lab::add_host(const std::string& name, int number) {
  const std::string on_host = std::string(ip) + " -n " + name + " ";
  must(std::string(ip) + " netns add " + name);
  must(std::string(ip) + " link add v-" + name + " type veth peer name eth0 netns " + name);
  must(std::string(ip) + " link set v-" + name + " master br0 up");
  must(on_host + "link set lo up");
  must(on_host + "addr add " + address(number) + "/24 dev eth0");
  must(on_host + "link set eth0 up");
}

std::vector<std::string> Lab::on(const std::string& host) { return {ip, "netns", "exec", host}; }

void Lab::block(const std::string& from, int to) {
  must(std::string(ip) + " -n " + from + " route replace blackhole " + address(to) + "/32");
}

void Lab::heal(const std::string& from, int to) {
  runs(std::string(ip) + " -n " + from + " route del blackhole " + address(to) + "/32");
}

}  // namespace millrace::test
