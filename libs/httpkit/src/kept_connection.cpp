#include "httpkit/kept_connection.hpp"

#include "client_connection.hpp"
#include "response_reader.hpp"

namespace millrace::httpkit {

using statekit::fail;
using statekit::Result;
using statekit::Status;

struct KeptConnection::Parts {
  ClientConnection socket{0};
  ResponseReader reader;
};

KeptConnection::KeptConnection() : parts_(std::make_unique<Parts>()) {}
KeptConnection::~KeptConnection() = default;

bool KeptConnection::is_open() const { return parts_->socket.is_open(); }

bool KeptConnection::is_quiet() const {
  return parts_->reader.is_empty() && parts_->socket.is_quiet();
}

Status KeptConnection::open(const std::string& host, const std::string& port,
                            const tls::Credentials* credentials, Time end) {
  ClientConnection& socket = parts_->socket;
  socket.set_deadline(end);
  parts_->reader = {};
  if (auto connected = socket.connect(host, port); !connected) return connected;
  if (credentials == nullptr) return {};
  const auto context = tls::client_context(*credentials->current());
  auto secured = context ? socket.secure(*context, host) : Status(fail(context.error()));
  if (!secured) socket.close();
  return secured;
}

Status KeptConnection::send(std::string_view octets, Time end) {
  parts_->socket.set_deadline(end);
  return parts_->socket.write(octets);
}

Result<Response> KeptConnection::receive(bool head, Time end) {
  parts_->socket.set_deadline(end);
  auto response = parts_->reader.read(parts_->socket, head);
  if (!response || !parts_->reader.keeps_alive()) parts_->socket.close();
  return response;
}

void KeptConnection::cut() { parts_->socket.cut(); }

}  // namespace millrace::httpkit
