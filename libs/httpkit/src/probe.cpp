#include "httpkit/probe.hpp"

#include <array>

#include <openssl/ssl.h>

#include "client_connection.hpp"

namespace millrace::httpkit {
namespace {

// In clear we were answered nothing of use; whoever answers the beginning of TLS with a handshake
// speaks it, whether or not it lets us in.
std::string fault_in_clear(ClientConnection& connection) {
  auto context = tls::client_context({});
  if (!context) return {};
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_NONE, nullptr);
  if (!connection.secure(*context, {}, "h2")) return {};
  return "that port speaks TLS, and it was called in clear";
}

std::string fault_over_tls(ClientConnection& connection, const std::string& host,
                           const tls::Material& material) {
  auto context = tls::client_context(material);
  if (!context) return context.error().message;
  if (const auto secured = connection.secure(*context, host, "h2"); !secured)
    return connection.was_answered() ? secured.error().message : "";
  // A server says only now that it does not believe our certificate.
  std::array<char, 1'024> ignored{};
  const auto first = connection.read(ignored.data(), ignored.size());
  if (first || first.error().code == statekit::Code::deadline_exceeded) return {};
  // gRPC 1.51 says nothing, and closes.
  return material.certificate.empty()
             ? "the other side wants a certificate, and none was shown"
             : "the other side does not believe our certificate: " + first.error().message;
}

}  // namespace

std::string tls_fault(const std::string& address,
                      const std::shared_ptr<tls::Credentials>& credentials,
                      std::int64_t timeout_ms) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.starts_with("unix:")) return {};
  ClientConnection connection(timeout_ms);
  const std::string host = address.substr(0, colon);
  if (!connection.connect(host, address.substr(colon + 1))) return {};
  if (credentials == nullptr) return fault_in_clear(connection);
  return fault_over_tls(connection, host, *credentials->current());
}

}  // namespace millrace::httpkit
