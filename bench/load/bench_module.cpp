// A module as cheap as they get on gRPC's callback API: bench_module [ANSWER]. It answers each call
// with the body that came, or with ANSWER. Started by `millrace run`.
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "v2alpha1/verb.grpc.pb.h"

using namespace millrace::v2alpha1;

namespace {

class EchoModule final : public VerbService::CallbackService {
 public:
  explicit EchoModule(std::string answer) : answer_(std::move(answer)) {}

 private:
  grpc::ServerUnaryReactor* Ping(grpc::CallbackServerContext* context, const PingRequest*,
                                 PingResponse* response) override {
    response->set_ready(true);
    return finished(context);
  }
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context, const CallRequest* request,
                                 CallResponse* response) override {
    response->set_body(answer_.empty() ? request->body() : answer_);
    return finished(context);
  }
  static grpc::ServerUnaryReactor* finished(grpc::CallbackServerContext* context) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const std::string answer_;
};

}  // namespace

int main(int argc, char** argv) {
  const char* port = std::getenv("PORT");
  if (!port) {
    std::cerr << "start this with: millrace run FILE -- bench_module\n";
    return 1;
  }
  EchoModule module(argc > 1 ? argv[1] : "");
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::string(port), grpc::InsecureServerCredentials());
  builder.RegisterService(&module);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  server->Wait();
  return 0;
}
