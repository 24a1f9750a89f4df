// The module `time`: a gRPC server with two methods. Try:
//   millrace run examples/time/time.schema -- millrace-example-time
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "v2alpha1/verb.grpc.pb.h"

using namespace millrace::v2alpha1;

struct Time final : VerbService::Service {
  // Tells `millrace run` that calls may come.
  grpc::Status Ping(grpc::ServerContext*, const PingRequest*, PingResponse* response) override {
    return response->set_ready(true), grpc::Status::OK;
  }

  // `now` is the only verb of time.schema, and routing lets no other through.
  grpc::Status Call(grpc::ServerContext*, const CallRequest*, CallResponse* response) override {
    const std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    char text[32];
    std::strftime(text, sizeof text, "%FT%TZ", gmtime_r(&seconds, &utc));
    return response->set_body(nlohmann::json{{"time", text}}.dump()), grpc::Status::OK;
  }
};

int main() {
  const char *host = std::getenv("MILLRACE_RUN_HOST"), *port = std::getenv("PORT");
  if (!host || !port) {
    return std::cerr << "start this with: millrace run time.schema -- millrace-example-time\n", 1;
  }
  Time time;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host + (":" + std::string(port)), grpc::InsecureServerCredentials());
  const auto server = builder.RegisterService(&time).BuildAndStart();
  return server ? server->Wait(), 0 : 1;
}
