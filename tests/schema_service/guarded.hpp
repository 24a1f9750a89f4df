// A schema service whose callers must say who they are, over real gRPC, and tokens of theirs: what
// the tests of who may do what share.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "access/io/trusted.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/running.hpp"

namespace millrace::test {

using Metadata = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* echo =
    "module echo { export verb say(String) String  secret key String? }";
inline constexpr const char* shop = "module shop { config name String?  secret key String? }";

inline Metadata bearer(const std::string& token) { return {{"authorization", "Bearer " + token}}; }

class Guarded {
 public:
  Guarded() {
    trusted.required = true;
    trusted.own = access::OwnTokens::of(access::draw_token());
    trusted.bootstrap = statekit::sha256(root);
    schema_service::Settings settings;
    settings.data = folder.path().string();
    running.emplace(settings, std::string(), &trusted);
  }

  Client& client() { return running->client(); }

  // A token of somebody with these roles.
  std::string token(const std::string& principal, const std::vector<std::string>& roles,
                    std::int64_t expires_ms = 0) {
    const std::string text = access::draw_token();
    v2alpha1::CreateTokenRequest request;
    request.set_id(std::string(access::id_of_token(text)));
    request.set_hash(statekit::to_bytes(statekit::sha256(text)));
    request.set_principal(principal);
    request.set_expires_ms(expires_ms);
    for (const std::string& role : roles) {
      const auto binding = access::binding_of(role);
      REQUIRE(binding);
      v2alpha1::RoleBinding& message = *request.add_roles();
      message.set_role(std::string(access::name_of(binding->role)));
      for (const std::string& pattern : binding->modules) message.add_modules(pattern);
    }
    const auto made =
        client().call(&v2alpha1::SchemaService::Stub::CreateToken, request, bearer(root));
    INFO(made.status.error_message());
    REQUIRE(made.ok());
    return text;
  }

  std::string deploy(const std::string& text) {
    const auto made = client().call(&v2alpha1::SchemaService::Stub::CreateChangeset,
                                    deploy_request(text), bearer(root));
    INFO(made.status.error_message());
    REQUIRE(made.ok());
    return made->deployments(0).deployment();
  }

  const std::string root = access::draw_token();
  TempDir folder;
  access::Trusted trusted;
  std::optional<Running> running;
};

template <class Answer>
std::string verdict(const Answer& answer) {
  using grpc::StatusCode;
  switch (answer.status.error_code()) {
    case StatusCode::OK: return "ok";
    case StatusCode::UNAUTHENTICATED: return "who?";
    case StatusCode::PERMISSION_DENIED: return "no";
    default: return answer.status.error_message();
  }
}

// A method called with one empty message, whatever its kind.
inline grpc::Status knock(const std::string& address, const std::string& method,
                          const Metadata& metadata = {}) {
  grpc::GenericStub stub(statekit::connect(address).grpc());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const grpc::Slice empty("", 0);
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, {}, &request, &response,
                 [&done](const grpc::Status& status) { done.set_value(status); });
  return done.get_future().get();
}

}  // namespace millrace::test
