// What commands tell when a service answers, but not with what was asked for.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <future>
#include <mutex>

#include "cli/client/routing_client.hpp"
#include "cli/client/schema_client.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/tcp_proxy.hpp"
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
  // The tokens of the writes that came, one for each time.
  std::vector<std::string> tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }

 private:
  grpc::ServerUnaryReactor* ChangeConfig(grpc::CallbackServerContext* context,
                                         const v2alpha1::ChangeConfigRequest* request,
                                         v2alpha1::ChangeConfigResponse* response) override {
    response->mutable_position()->set_incarnation("abc");
    response->mutable_position()->set_revision(revision_);
    {
      const std::lock_guard lock(mutex_);
      tokens_.push_back(request->write().token());
    }
    return answer(context);
  }

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
    return answer(context);
  }

  grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context) {
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
  mutable std::mutex mutex_;
  std::vector<std::string> tokens_;
  std::unique_ptr<statekit::GrpcServer> server_;
};

statekit::Error error_of_call(const Router& router) {
  const auto answer = cli::call(router.address(), {{"time", "now", {}}, "{}", {}}, 20'000);
  REQUIRE_FALSE(answer);
  return answer.error();
}

int port_of(const std::string& address) {
  return std::stoi(address.substr(address.rfind(':') + 1));
}

// A write whose octets a proxy knows by its reason.
cli::ConfigOrder change(const std::string& reason) {
  return {{"ada", reason, "token-1"}, {{"shop", "currency", "\"EUR\""}}, {}};
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

TEST_CASE("a replica that accepts no connection is passed over, and told as such") {
  Replica first(7), second(9);
  test::TcpProxy hangs(port_of(first.address())), hangs_too(port_of(second.address()));
  hangs.set_still(true);
  hangs_too.set_still(true);
  const cli::SchemaClient client(hangs.address() + "," + hangs_too.address(), 1'000);
  const auto answer = client.change_config(change(""));
  REQUIRE_FALSE(answer);
  // Nothing was sent, so nothing is unknown.
  CHECK(answer.error().code == Code::unavailable);
  REQUIRE_FALSE(answer.error().details.empty());
  CHECK(answer.error().details.front() ==
        "the schema service at " + hangs.address() +
            " accepts no connection: it hangs, or nothing comes through");
  CHECK(first.tokens().empty());
}

TEST_CASE("a linearizable read says so") {
  Replica replica(7);
  const cli::SchemaClient client(replica.address(), cli::schema_ms_max, true);
  REQUIRE(client.deployments(""));
  CHECK(replica.linearizable() == "1");
}

TEST_CASE("G4: a write whose connection was cut under it is sent again with the same token") {
  Replica replica(7);
  test::TcpProxy proxy(port_of(replica.address()), "cut me");
  const cli::SchemaClient client(proxy.address());
  REQUIRE(client.deployments(""));
  proxy.cut_next(test::TcpProxy::Cut::after);
  const auto answer = client.change_config(change("cut me"));
  INFO((answer ? std::string() : answer.error().message));
  REQUIRE(answer);
  CHECK(answer->position.revision == 7);
  CHECK(replica.tokens() == std::vector<std::string>{"token-1", "token-1"});
}

TEST_CASE("G4: a write that was cut is called unknown where the service cannot be asked again") {
  Replica replica(7);
  test::TcpProxy proxy(port_of(replica.address()));
  const cli::SchemaClient client(proxy.address());
  replica.keep_silent();
  auto asked = std::async(std::launch::async, [&] { return client.change_config(change("")); });
  const bool arrived = test::eventually([&] { return replica.tokens().size() == 1; });
  proxy.set_down(true);
  const auto answer = asked.get();
  REQUIRE(arrived);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unknown);
  INFO(answer.error().message);
  CHECK(answer.error().message.find("it is not known whether this was done: ") == 0);
}

TEST_CASE("a write that no connection was ever had for is told as such, and nothing is unknown") {
  const cli::SchemaClient client("127.0.0.1:1");
  const auto answer = client.change_config(change(""));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unavailable);
  CHECK(answer.error().message.find("the schema service cannot be reached at 127.0.0.1:1") == 0);
}
