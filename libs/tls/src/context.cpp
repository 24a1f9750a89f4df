#include "tls/context.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>

#include "openssl.hpp"
#include "tls/describe.hpp"

namespace millrace::tls {
namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

// Of TLS 1.2; all of 1.3 are sane.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

tl::unexpected<statekit::Error> failed(const char* doing) {
  return fail(Code::internal, std::string(doing) + ": " + last_error());
}

Status show(SSL_CTX* context, const Material& material) {
  if (material.certificate.empty()) return {};
  const auto chain = read_certificates(material.certificate);
  const Key key = read_key(material.key);
  if (chain.empty() || SSL_CTX_use_certificate(context, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return failed("using the certificate");
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  return {};
}

Status believe(SSL_CTX* context, const Material& material) {
  if (material.ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1)
      return failed("reading the system's authorities");
    return {};
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& each : read_certificates(material.ca)) {
    X509_STORE_add_cert(store, each.get());
    SSL_CTX_add_client_CA(context, each.get());
  }
  return {};
}

Result<Context> make(const SSL_METHOD* method, const Material& material) {
  Context context(SSL_CTX_new(method), SSL_CTX_free);
  if (context == nullptr) return failed("making a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), ciphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (Status status = show(context.get(), material); !status) return fail(status.error());
  return context;
}

bool is_address(const std::string& host) {
  in6_addr octets{};
  return inet_pton(AF_INET, host.c_str(), &octets) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &octets) == 1;
}

}  // namespace

Result<Context> server_context(const Material& material, Clients clients) {
  auto context = make(TLS_server_method(), material);
  if (!context || clients == Clients::none) return context;
  if (Status status = believe(context->get(), material); !status) return fail(status.error());
  const int strict = clients == Clients::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER | strict, nullptr);
  // A session is taken up again only by whom it was begun with, here.
  constexpr unsigned char session[] = "millrace";
  SSL_CTX_set_session_id_context(context->get(), session, sizeof session - 1);
  return context;
}

Result<Context> client_context(const Material& material) {
  auto context = make(TLS_client_method(), material);
  if (!context) return context;
  if (Status status = believe(context->get(), material); !status) return fail(status.error());
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Status expect_host(ssl_st* ssl, const std::string& host) {
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
  if (is_address(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return {};
  } else if (SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 &&
             X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1) {
    return {};
  }
  return failed("naming the host");
}

std::vector<std::string> peer_names(ssl_st* ssl) {
  const X509Ptr peer(SSL_get1_peer_certificate(ssl));
  if (peer == nullptr || SSL_get_verify_result(ssl) != X509_V_OK ||
      (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) == 0)
    return {};
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), peer.get());
  const auto described = describe(text_of(out.get()));
  return described ? described->front().names() : std::vector<std::string>{};
}

namespace {

const char* what_to_do(long verified) {
  switch (verified) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return ": whoever runs it has to renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID: return ": one of the two clocks may be wrong";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return ": name the authority that signed it as ca";
    default: return "";
  }
}

}  // namespace

std::string handshake_fault(ssl_st* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  const std::string words = last_error();
  if (verified == X509_V_OK || words.find("verify") == std::string::npos) {
    const std::string meaning = explain(words);
    return meaning.empty() ? words : meaning;
  }
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return "the certificate of the other side is for other hosts; see `millrace certs show`";
  return std::string("the certificate of the other side is not believed: ") +
         X509_verify_cert_error_string(verified) + what_to_do(verified);
}

Result<Context> ServerContexts::current() {
  const auto now = credentials_->current();
  const std::lock_guard lock(mutex_);
  if (now == made_from_) return context_;
  auto made = server_context(*now, clients_);
  if (!made) return made;
  made_from_ = now;
  context_ = *made;
  return made;
}

}  // namespace millrace::tls
