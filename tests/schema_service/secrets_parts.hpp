// What the tests of secrets over gRPC share.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/running.hpp"

namespace millrace::test {

inline schema_service::Settings settings_in(const TempDir& folder) {
  schema_service::Settings settings;
  settings.data = folder.path().string();
  return settings;
}

inline v2alpha1::ChangeSecretsRequest setting_secret(const std::string& module,
                                                     const std::string& name,
                                                     const std::string& json) {
  v2alpha1::ChangeSecretsRequest request;
  request.mutable_write()->set_author("ada");
  v2alpha1::SecretChange& change = *request.add_changes();
  change.set_module(module);
  change.set_name(name);
  change.set_json(json);
  return request;
}

inline v2alpha1::GetSecretsRequest asking(const std::string& module, const std::string& name) {
  v2alpha1::GetSecretsRequest request;
  request.mutable_write()->set_author("eve");
  request.mutable_write()->set_reason("to look");
  v2alpha1::SecretName& each = *request.add_secrets();
  each.set_module(module);
  each.set_name(name);
  return request;
}

inline std::string deploy_now(Client& client, const std::string& text) {
  const auto created = client.deploy(text);
  REQUIRE(created.ok());
  REQUIRE(client.reaches(created->changeset(), v2alpha1::CHANGESET_PHASE_FINALIZED));
  return created->deployments(0).deployment();
}

// A GetDeploymentContext stream.
class ContextStream {
 public:
  ContextStream(Client& client, const std::string& deployment) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v2alpha1::GetDeploymentContextRequest request;
    request.set_deployment(deployment);
    stream_ = client.stub().GetDeploymentContext(&context_, request);
  }
  ~ContextStream() {
    context_.TryCancel();
    stream_->Finish();
  }
  // The secrets of the next answer: "api_key="k" pin=", a problem as "pin!key ... is not there".
  std::string next() {
    v2alpha1::GetDeploymentContextResponse answer;
    if (!stream_->Read(&answer)) return "the stream is over";
    std::string text;
    for (const v2alpha1::ContextSecret& secret : answer.secrets()) {
      text += (text.empty() ? "" : " ") + secret.name();
      text += secret.problem().empty() ? "=" + secret.json() : "!" + secret.problem();
    }
    return text;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v2alpha1::GetDeploymentContextResponse>> stream_;
};

}  // namespace millrace::test
