// OpenSSL's contexts for the connections that httpkit and others make themselves: TLS 1.2 and
// later, ciphers with forward secrecy and authentication only. Opaque here; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "statekit/result.hpp"
#include "tls/credentials.hpp"
#include "tls/doors.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace millrace::tls {

using Context = std::shared_ptr<ssl_ctx_st>;

// REQUIRES: the material holds a certificate with its key.
statekit::Result<Context> server_context(const Material& material, Clients clients);

// Believes the material's authorities, or those of the system where it names none.
statekit::Result<Context> client_context(const Material& material);

// The peer must be who it was meant to be: sets SNI and the host (a name or an address) that its
// certificate must stand for.
statekit::Status expect_host(ssl_st* ssl, const std::string& host);

// Whose certificate was verified on this connection, as Request::peer_names wants it.
std::vector<std::string> peer_names(ssl_st* ssl);

// Why the handshake of `ssl` failed, for people: from its verification and OpenSSL's queue of
// errors, which is empty then.
std::string handshake_fault(ssl_st* ssl);

// The server's context for what is current in `credentials`, made anew when that has changed.
// Thread safe.
class ServerContexts {
 public:
  ServerContexts(std::shared_ptr<Credentials> credentials, Clients clients)
      : credentials_(std::move(credentials)), clients_(clients) {}
  statekit::Result<Context> current();

 private:
  const std::shared_ptr<Credentials> credentials_;
  const Clients clients_;
  std::mutex mutex_;
  std::shared_ptr<const Material> made_from_;
  Context context_;
};

}  // namespace millrace::tls
