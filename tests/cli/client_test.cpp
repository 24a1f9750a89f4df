// What commands tell when a service answers, but not with what was asked for.
#include <grpcpp/grpcpp.h>

#include "cli/client/routing_client.hpp"
#include "cli/client/schema_client.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "v2alpha1/verb.grpc.pb.h"

using namespace millrace;
using statekit::Code;

namespace {

// A router that delivers no call and says why, with the words of gRPC in its message.
class Router final : public v2alpha1::RoutingService::CallbackService {
 public:
  explicit Router(std::string reason) : reason_(std::move(reason)) {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~Router() override { server_->stop(); }
  std::string address() const { return server_->address(); }

 private:
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context, const v2alpha1::CallRequest*,
                                 v2alpha1::CallResponse*) override {
    if (!reason_.empty()) context->AddTrailingMetadata("millrace-reason", reason_);
    auto* reactor = context->DefaultReactor();
    reactor->Finish({grpc::StatusCode::UNAVAILABLE, "time at 127.0.0.1:7: Connection refused"});
    return reactor;
  }

  const std::string reason_;
  std::unique_ptr<statekit::GrpcServer> server_;
};

statekit::Error error_of_call(const Router& router) {
  const auto answer = cli::call(router.address(), {{"time", "now", {}}, "{}", {}}, 20'000);
  REQUIRE_FALSE(answer);
  return answer.error();
}

}  // namespace

TEST_CASE("a call that routing could not deliver is told in the words of routing") {
  const Router router("endpoint-failed");
  const auto error = error_of_call(router);
  CHECK(error.code == Code::unavailable);
  CHECK(error.message == "endpoint-failed: time at 127.0.0.1:7: Connection refused");
}

TEST_CASE("without a reason of routing it is routing itself that cannot be reached") {
  const Router router("");
  CHECK(error_of_call(router).message.find("the routing service cannot be reached at ") == 0);
}

TEST_CASE("an address where another service answers is told, with what was asked for") {
  const Router router("");
  const auto status = cli::SchemaClient(router.address(), 20'000).status();
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Code::unimplemented);
  CHECK(status.error().message == router.address() +
                                      " answers, but not as a schema service: --schema or "
                                      "MILLRACE_CLI_SCHEMA changes the address");
}
