// Reads the answers on a client's connection, one after the other. One thread. Internal to httpkit.
#pragma once

#include <string>

#include "client_connection.hpp"
#include "httpkit/message.hpp"
#include "statekit/result.hpp"

namespace millrace::httpkit {

class ResponseReader {
 public:
  // The next answer, interim ones left out. `head`: of a HEAD, which has no body.
  statekit::Result<Response> read(ClientConnection& connection, bool head);

  // Whether the server keeps the connection after the answer that was read last.
  bool keeps_alive() const { return keeps_alive_; }
  // Nothing came beyond that answer.
  bool is_empty() const { return octets_.empty(); }

 private:
  bool keeps_alive_ = false;
  std::string octets_;  // read and not yet parsed
};

}  // namespace millrace::httpkit
