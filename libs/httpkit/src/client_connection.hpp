// One TCP connection of a client, in clear or over TLS, that gives up at a deadline. Blocking; one
// thread. Internal to httpkit.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "statekit/result.hpp"
#include "tls/context.hpp"

struct addrinfo;

namespace millrace::httpkit {

class ClientConnection {
 public:
  explicit ClientConnection(std::int64_t timeout_ms);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  ~ClientConnection();

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

 private:
  using Clock = std::chrono::steady_clock;
  struct Tls;
  statekit::Status wait(short events, const char* doing);
  statekit::Status connect_to(const addrinfo& address);
  statekit::Status write_raw(std::string_view octets);
  statekit::Result<std::size_t> read_raw(char* into, std::size_t size);
  template <class Step>
  statekit::Result<int> take_steps(Step step, const char* doing);

  Clock::time_point deadline_;
  int fd_ = -1;
  bool was_answered_ = false;
  std::unique_ptr<Tls> tls_;
};

}  // namespace millrace::httpkit
