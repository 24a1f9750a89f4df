// The module `echo`: the verb `get` is reached over HTTP and calls `echo.echo`, which calls
// `time.now`. Calls go through the routing service; what came with a call (request id, callers)
// goes on with it.
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "v2alpha1/verb.grpc.pb.h"

using namespace millrace::v2alpha1;
using nlohmann::json;

// Over TLS, with a certificate, where `millrace run` was given one.
std::shared_ptr<grpc::ChannelCredentials> to_routing() {
  const auto text = [](const char* name) {
    std::ifstream file(std::getenv(name) ? std::getenv(name) : "");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  if (!std::getenv("MILLRACE_RUN_CA")) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials(
      {text("MILLRACE_RUN_CA"), text("MILLRACE_RUN_KEY"), text("MILLRACE_RUN_CERTIFICATE")});
}

struct Echo final : VerbService::Service {
  grpc::Status Ping(grpc::ServerContext*, const PingRequest*, PingResponse* response) override {
    return response->set_ready(true), grpc::Status::OK;
  }

  grpc::Status Call(grpc::ServerContext* cause, const CallRequest* request,
                    CallResponse* response) override {
    const bool get = request->verb().name() == "get";
    const json asked = json::parse(request->body());
    const auto status = get ? call(*cause, *request, "echo", "echo", asked.at("query"), *response)
                            : call(*cause, *request, "time", "now", json::object(), *response);
    if (!status.ok() || response->has_error()) return status;
    const json said = json::parse(response->body());
    if (get) return response->set_body(json{{"status", 200}, {"body", said}}.dump()), status;
    const std::string hello = "Hello, " + asked.value("name", "world") + "! It is ";
    const json answer{{"message", hello + said.value("time", "late")}};
    return response->set_body(answer.dump()), status;
  }

  // The new call ends when the one that caused it does: FromServerContext hands its deadline on.
  grpc::Status call(grpc::ServerContext& cause, const CallRequest& from, const char* module,
                    const char* verb, const json& body, CallResponse& answer) {
    CallRequest request = from;
    request.mutable_verb()->set_module(module);
    request.mutable_verb()->set_name(verb);
    request.set_body(body.dump());
    auto* caller = request.add_metadata();
    caller->set_key("millrace-caller");
    caller->set_value("echo." + from.verb().name());
    const auto context = grpc::ClientContext::FromServerContext(cause);
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    return routing->Call(context.get(), request, &answer);
  }

  // Where callers must say who they are, this says it: `millrace run --token-file` hands it down.
  static std::string shown() {
    const char* file = std::getenv("MILLRACE_TOKEN_FILE");
    std::string line;
    if (file != nullptr) std::getline(std::ifstream(file) >> std::ws, line);
    return line;
  }

  const std::string token = shown();
  std::unique_ptr<RoutingService::Stub> routing = RoutingService::NewStub(
      grpc::CreateChannel(std::getenv("MILLRACE_RUN_ROUTING"), to_routing()));
};

int main() {
  const char *host = std::getenv("MILLRACE_RUN_HOST"), *port = std::getenv("PORT");
  if (!host || !port) return std::cerr << "start this with `millrace run echo.schema -- ...`\n", 1;
  Echo echo;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host + (":" + std::string(port)), grpc::InsecureServerCredentials());
  const auto server = builder.RegisterService(&echo).BuildAndStart();
  return server ? server->Wait(), 0 : 1;
}
