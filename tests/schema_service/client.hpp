// A client of SchemaService for tests: short calls with a deadline, and streams of registrations.
// Each call makes its own context; one thread a Client.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "statekit/io/channel.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::test {

// One call: its status, and its answer when that is OK.
template <class Response>
struct Answer {
  grpc::Status status;
  Response response;
  bool ok() const { return status.ok(); }
  const Response* operator->() const { return &response; }
};

// The modules of schema text, ready to be deployed.
v2alpha1::CreateChangesetRequest deploy_request(const std::string& text,
                                                const std::string& build = "b1");

class Client {
 public:
  explicit Client(const statekit::Channel& channel)
      : stub_(v2alpha1::SchemaService::NewStub(channel.grpc())) {}

  // `metadata` is sent along: pairs of key and value.
  template <class Request, class Response>
  Answer<Response> call(grpc::Status (v2alpha1::SchemaService::Stub::*method)(grpc::ClientContext*,
                                                                              const Request&,
                                                                              Response*),
                        const Request& request,
                        const std::vector<std::pair<std::string, std::string>>& metadata = {},
                        std::int64_t ms = 60'000) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(ms));
    context.set_wait_for_ready(true);
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    Answer<Response> answer;
    answer.status = (stub_.get()->*method)(&context, request, &answer.response);
    return answer;
  }

  Answer<v2alpha1::CreateChangesetResponse> create(
      const v2alpha1::CreateChangesetRequest& request) {
    return call(&v2alpha1::SchemaService::Stub::CreateChangeset, request);
  }
  Answer<v2alpha1::CreateChangesetResponse> deploy(const std::string& text,
                                                   const std::string& build = "b1") {
    return create(deploy_request(text, build));
  }
  Answer<v2alpha1::GetChangesetResponse> changeset(const std::string& key);
  Answer<v2alpha1::GetDeploymentResponse> deployment(const std::string& key);
  Answer<v2alpha1::GetStatusResponse> status();
  // True as soon as the changeset is in this phase.
  bool reaches(const std::string& changeset, v2alpha1::ChangesetPhase phase);
  // The names of the canonical modules, or of those at a past revision.
  std::vector<std::string> modules(std::uint64_t at_revision = 0);

  v2alpha1::SchemaService::Stub& stub() { return *stub_; }

 private:
  std::unique_ptr<v2alpha1::SchemaService::Stub> stub_;
};

// A RegisterEndpoint stream.
class Endpoint {
 public:
  Endpoint(Client& client, const std::string& deployment, const std::string& address,
           const std::string& instance = "p1");
  ~Endpoint();

  // Sends a heartbeat; the answer to it, if one came.
  void renew(bool leaving = false);
  // The next answer; false when the stream is over.
  bool read(v2alpha1::RegisterEndpointResponse& answer);
  // Closes the stream in good order; its status.
  grpc::Status close();
  // Drops the connection as a process does that dies.
  void cut();

 private:
  v2alpha1::RegisterEndpointRequest request_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v2alpha1::RegisterEndpointRequest,
                                           v2alpha1::RegisterEndpointResponse>>
      stream_;
  bool over_ = false;
};

}  // namespace millrace::test
