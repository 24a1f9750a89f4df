// A connection to an HTTP/1.1 server that is kept over several requests, in clear or over TLS: for
// clients that ask often, such as the http driver of the journal. Blocking; one thread at a time,
// but `cut` from any.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"
#include "tls/credentials.hpp"

namespace millrace::httpkit {

class KeptConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  KeptConnection();
  ~KeptConnection();
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

  bool is_open() const;
  // Open, and the server has neither closed it nor said anything unasked.
  bool is_quiet() const;
  // `host` may be [ipv6]. `credentials`: over TLS, whom to believe and what to show; null: in
  // clear.
  statekit::Status open(const std::string& host, const std::string& port,
                        const tls::Credentials* credentials, Time end);
  // One request as text, with its body.
  statekit::Status send(std::string_view octets, Time end);
  // The answer to it, 16 MiB at most; afterwards the connection is closed where the server wants
  // it so. `head`: of a HEAD, which has no body.
  statekit::Result<Response> receive(bool head, Time end);
  // Ends what is under way, from another thread, and for ever.
  void cut();

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::httpkit
