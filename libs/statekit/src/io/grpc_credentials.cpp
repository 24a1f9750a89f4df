#include "grpc_credentials.hpp"

#include <mutex>

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

namespace millrace::statekit {
namespace {

// How often gRPC's own reader of the files looks whether a client's have changed.
constexpr unsigned client_files_interval_s = 1;

grpc_ssl_client_certificate_request_type wanted(tls::Clients clients) {
  switch (clients) {
    case tls::Clients::none: return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case tls::Clients::request: return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case tls::Clients::require: break;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

// Of the credentials that gRPC's C++ library has for servers, those that follow a change read files
// by themselves and take a certificate whose key has not come yet. gRPC's core asks before each
// handshake: it is told what was checked.
class FollowingCredentials final : public grpc::ServerCredentials {
 public:
  explicit FollowingCredentials(const tls::Doors& doors) : source_(doors.credentials) {
    auto* options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
        wanted(doors.grpc_clients), fetch, this);
    core_ = grpc_ssl_server_credentials_create_with_options(options);
  }
  ~FollowingCredentials() override { grpc_server_credentials_release(core_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), core_);
  }

  static grpc_ssl_certificate_config_reload_status fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<FollowingCredentials*>(self)->fetch(config);
  }

  grpc_ssl_certificate_config_reload_status fetch(grpc_ssl_server_certificate_config** config) {
    const auto now = source_->current();
    const std::lock_guard lock(mutex_);
    if (now == told_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{now->key.c_str(), now->certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(now->ca.empty() ? nullptr : now->ca.c_str(),
                                                        &pair, 1);
    told_ = now;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<tls::Credentials> source_;
  std::mutex mutex_;
  std::shared_ptr<const tls::Material> told_;
  grpc_server_credentials* core_ = nullptr;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const tls::Doors& doors) {
  if (!doors.closed()) return grpc::InsecureServerCredentials();
  return std::make_shared<FollowingCredentials>(doors);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(
    const std::shared_ptr<tls::Credentials>& credentials) {
  if (credentials == nullptr) return grpc::InsecureChannelCredentials();
  namespace g = grpc::experimental;
  const tls::Files& files = credentials->files();
  g::TlsChannelCredentialsOptions options;
  if (credentials->has_certificate() || credentials->has_ca()) {
    options.set_certificate_provider(std::make_shared<g::FileWatcherCertificateProvider>(
        files.key, files.certificate, files.ca, client_files_interval_s));
  }
  if (credentials->has_ca()) options.watch_root_certs();
  if (credentials->has_certificate()) options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(std::make_shared<g::HostNameCertificateVerifier>());
  return g::TlsCredentials(options);
}

}  // namespace millrace::statekit
