// One TCP connection of a client, in clear or over TLS, that gives up at a deadline. Blocking; one
// thread at a time, but `cut` from any. Internal to httpkit.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "statekit/result.hpp"
#include "tls/context.hpp"

struct addrinfo;

namespace millrace::httpkit {

class ClientConnection {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ClientConnection(std::int64_t timeout_ms);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  ~ClientConnection();

  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

  // `host` may be [ipv6].
  statekit::Status connect(const std::string& host, const std::string& port);
  // TLS from here on. `host` is who the certificate must stand for; empty: anybody. `protocol`:
  // what is offered to be spoken (ALPN); empty: nothing is said.
  statekit::Status secure(const tls::Context& context, std::string host,
                          const std::string& protocol = {});
  statekit::Status write(std::string_view octets);
  // 0 at the end of what the server sends.
  statekit::Result<std::size_t> read(char* into, std::size_t size);

  bool was_answered() const { return was_answered_; }  // the server sent something
  bool is_open() const { return fd_ >= 0; }
  // Open, and the server has neither closed it nor said anything that was not read.
  bool is_quiet() const;
  void close();
  // Ends what is under way, from another thread; this connection opens no more.
  void cut();

 private:
  struct Tls;
  statekit::Status wait(short events, const char* doing);
  void open_socket(int family);
  statekit::Status connect_to(const addrinfo& address);
  statekit::Status write_raw(std::string_view octets);
  statekit::Result<std::size_t> read_raw(char* into, std::size_t size);
  template <class Step>
  statekit::Result<int> take_steps(Step step, const char* doing);

  Clock::time_point deadline_;
  std::mutex mutex_;  // of fd_ between its user and `cut`
  int fd_ = -1;
  bool cut_ = false;
  bool was_answered_ = false;
  std::unique_ptr<Tls> tls_;
};

}  // namespace millrace::httpkit
