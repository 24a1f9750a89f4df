// One connection to a server, kept over several requests. Used by the transport: one thread at a
// time, but `cut` from any.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"

struct addrinfo;

namespace millrace::journal::http {

class Connection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const { return fd_ >= 0; }
  // Open, and the server has neither closed it nor said anything unasked.
  bool is_quiet() const;
  statekit::Status connect(const std::string& host, const std::string& port, Time end);
  statekit::Status send(std::string_view octets, Time end);
  // The answer to one request; afterwards the connection is closed where the server wants it so.
  statekit::Result<httpkit::Response> receive(bool head, Time end);
  // Ends what is under way, from another thread.
  void cut();

 private:
  void open_fd(const addrinfo& address);
  void shut();
  statekit::Status connect_to(const addrinfo& address, Time end);
  statekit::Status wait(short events, const char* doing, Time end) const;
  statekit::Result<std::size_t> read(char* into, std::size_t size, Time end);

  std::mutex mutex_;  // of fd_ between its user and `cut`
  int fd_ = -1;
  bool cut_ = false;
  std::string in_;  // read and not yet parsed
};

}  // namespace millrace::journal::http
