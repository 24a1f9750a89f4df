#include "tls_peer.hpp"

#include <array>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "tls/describe.hpp"

namespace millrace::test {

void TlsPeer::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsPeer::TlsPeer(const std::string& address, const tls::Material& material,
                 const std::string& protocol, Version version) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval wait{60, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const auto context = tls::client_context(material);
  REQUIRE(context);
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_NONE, nullptr);
  if (version == Version::tls_1_1) {
    SSL_CTX_set_security_level(context->get(), 0);
    SSL_CTX_set_cipher_list(context->get(), "ALL");
    SSL_CTX_set_min_proto_version(context->get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context->get(), TLS1_1_VERSION);
  }
  ssl_.reset(SSL_new(context->get()));
  const std::string offer = static_cast<char>(protocol.size()) + protocol;
  if (!protocol.empty())
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
  SSL_set_fd(ssl_.get(), fd_);
  open_ = SSL_connect(ssl_.get()) == 1;
  ERR_clear_error();
}

TlsPeer::~TlsPeer() { close(fd_); }

std::string TlsPeer::shown() const {
  X509* const x509 = SSL_get1_peer_certificate(ssl_.get());
  if (x509 == nullptr) return {};
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, x509);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  const auto described = tls::describe({data, static_cast<std::size_t>(size)});
  BIO_free(out);
  X509_free(x509);
  return described ? described->front().fingerprint : "";
}

bool TlsPeer::send(std::string_view octets) {
  while (open_ && !closed_ && !octets.empty()) {
    const int sent = SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size()));
    if (sent <= 0) closed_ = true;
    if (sent > 0) octets.remove_prefix(static_cast<std::size_t>(sent));
  }
  ERR_clear_error();
  return open_ && !closed_;
}

std::string TlsPeer::read_until(std::string_view text) {
  std::string all;
  std::array<char, 4'096> block{};
  while (open_ && !closed_ && (text.empty() || all.find(text) == std::string::npos)) {
    const int got = SSL_read(ssl_.get(), block.data(), block.size());
    if (got <= 0) closed_ = true;
    if (got > 0) all.append(block.data(), static_cast<std::size_t>(got));
  }
  ERR_clear_error();
  return all;
}

}  // namespace millrace::test
