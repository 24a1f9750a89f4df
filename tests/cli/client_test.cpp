// What commands tell when a service answers, but not with what was asked for.
#include <grpcpp/grpcpp.h>

#include <atomic>

#include "cli/client/routing_client.hpp"
#include "cli/client/schema_client.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "v2alpha1/schema.grpc.pb.h"
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

// A replica of the schema service that notes what reads ask for, and may keep silent.
class Replica final : public v2alpha1::SchemaService::CallbackService {
 public:
  explicit Replica(std::uint64_t revision) : revision_(revision) {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~Replica() override { stop(); }
  std::string address() const { return server_->address(); }
  void stop() {
    if (auto* silent = silent_.exchange(nullptr)) silent->Finish(grpc::Status::CANCELLED);
    server_->stop();
  }
  void keep_silent() { speaks_ = false; }
  // Of the last read; empty: it said nothing of the kind.
  std::string min_revision() const { return min_revision_; }
  std::string linearizable() const { return linearizable_; }

 private:
  grpc::ServerUnaryReactor* GetDeployments(grpc::CallbackServerContext* context,
                                           const v2alpha1::GetDeploymentsRequest*,
                                           v2alpha1::GetDeploymentsResponse* response) override {
    const auto said = [&](const char* name) {
      const auto found = context->client_metadata().find(name);
      if (found == context->client_metadata().end()) return std::string();
      return std::string(found->second.data(), found->second.size());
    };
    min_revision_ = said("millrace-min-revision");
    linearizable_ = said("millrace-linearizable");
    response->mutable_position()->set_incarnation("abc");
    response->mutable_position()->set_revision(revision_);
    auto* reactor = context->DefaultReactor();
    if (speaks_) {
      reactor->Finish(grpc::Status::OK);
    } else {
      silent_ = reactor;
    }
    return reactor;
  }

  const std::uint64_t revision_;
  bool speaks_ = true;
  std::atomic<grpc::ServerUnaryReactor*> silent_ = nullptr;
  std::string min_revision_, linearizable_;
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

TEST_CASE("of several routing services the first that can be connected to is asked") {
  const Router router("endpoint-failed");
  const std::string addresses = "127.0.0.1:1," + router.address() + ",127.0.0.1:2";
  const auto answer = cli::call(addresses, {{"time", "now", {}}, "{}", {}}, 20'000);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "endpoint-failed: time at 127.0.0.1:7: Connection refused");
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

TEST_CASE("G6: the next replica is asked for no less than what the one before it answered") {
  Replica first(7), second(9);
  const cli::SchemaClient client(first.address() + "," + second.address());
  REQUIRE(client.deployments(""));
  CHECK(first.min_revision().empty());
  first.stop();
  REQUIRE(client.deployments(""));
  CHECK(second.min_revision() == "abc:7");
  REQUIRE(client.deployments(""));
  CHECK(second.min_revision() == "abc:9");
  CHECK(second.linearizable().empty());
}

TEST_CASE("a replica that keeps silent is passed over") {
  Replica first(7), second(9);
  first.keep_silent();
  const cli::SchemaClient client(first.address() + "," + second.address(), 2'000);
  const auto answer = client.deployments("");
  INFO((answer ? std::string() : answer.error().message));
  CHECK(answer);
}

TEST_CASE("a linearizable read says so") {
  Replica replica(7);
  const cli::SchemaClient client(replica.address(), cli::schema_ms_max, true);
  REQUIRE(client.deployments(""));
  CHECK(replica.linearizable() == "1");
}
