#include "tests/schema_service/client.hpp"

#include "schema/codec_pb.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

namespace millrace::test {

using Stub = v2alpha1::SchemaService::Stub;

v2alpha1::CreateChangesetRequest deploy_request(const std::string& text, const std::string& build) {
  const schema::ParseResult parsed = schema::parse(text, "test.schema");
  REQUIRE(parsed.ok());
  v2alpha1::CreateChangesetRequest request;
  for (const schema::Module& module : parsed.schema.modules) {
    v2alpha1::ModuleToDeploy& out = *request.add_modules();
    *out.mutable_schema() = schema::to_proto(module);
    out.set_build(build);
  }
  return request;
}

Answer<v2alpha1::GetChangesetResponse> Client::changeset(const std::string& key) {
  v2alpha1::GetChangesetRequest request;
  request.set_changeset(key);
  return call(&Stub::GetChangeset, request);
}

Answer<v2alpha1::GetDeploymentResponse> Client::deployment(const std::string& key) {
  v2alpha1::GetDeploymentRequest request;
  request.set_deployment(key);
  return call(&Stub::GetDeployment, request);
}

Answer<v2alpha1::GetStatusResponse> Client::status() {
  return call(&Stub::GetStatus, v2alpha1::GetStatusRequest());
}

bool Client::reaches(const std::string& key, v2alpha1::ChangesetPhase phase) {
  return eventually([&] { return changeset(key)->changeset().phase() == phase; });
}

std::vector<std::string> Client::modules(std::uint64_t at_revision) {
  v2alpha1::GetSchemaRequest request;
  request.set_at_revision(at_revision);
  std::vector<std::string> names;
  const auto answer = call(&Stub::GetSchema, request);
  for (const v2alpha1::Module& module : answer->schema().modules()) names.push_back(module.name());
  return names;
}

Endpoint::Endpoint(Client& client, const std::string& deployment, const std::string& address,
                   const std::string& instance) {
  request_.set_deployment(deployment);
  request_.set_address(address);
  request_.set_instance(instance);
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(110));
  stream_ = client.stub().RegisterEndpoint(&context_);
  renew();
}

Endpoint::~Endpoint() {
  if (!over_) cut();
}

void Endpoint::renew(bool leaving) {
  request_.set_leaving(leaving);
  stream_->Write(request_);
}

bool Endpoint::read(v2alpha1::RegisterEndpointResponse& answer) { return stream_->Read(&answer); }

grpc::Status Endpoint::close() {
  over_ = true;
  stream_->WritesDone();
  v2alpha1::RegisterEndpointResponse rest;
  while (stream_->Read(&rest)) continue;
  return stream_->Finish();
}

void Endpoint::cut() {
  over_ = true;
  context_.TryCancel();
  v2alpha1::RegisterEndpointResponse rest;
  while (stream_->Read(&rest)) continue;
  stream_->Finish();
}

}  // namespace millrace::test
