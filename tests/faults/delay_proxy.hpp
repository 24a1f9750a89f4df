// A small TCP proxy that hands octets on after a delay, which may change while it runs, or holds
// them for as long as it is told to. Its threads move the octets; methods may be called from any
// thread.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace millrace::test {

class DelayProxy {
 public:
  // Listens on `listen_host` at a free port; both are IPv4 addresses.
  DelayProxy(const std::string& listen_host, std::string target_host, int target_port);
  ~DelayProxy();
  DelayProxy(const DelayProxy&) = delete;
  DelayProxy& operator=(const DelayProxy&) = delete;

  int port() const { return port_; }
  void set_delay(int ms) { delay_ms_ = ms; }

 private:
  struct Link;
  void accept_all();
  void pump(const std::shared_ptr<Link>& link, int from, int to);

  const std::string target_host_;
  const int target_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> delay_ms_{0};
  std::atomic<bool> stop_{false};
  std::list<std::shared_ptr<Link>> links_;
  std::list<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace millrace::test
