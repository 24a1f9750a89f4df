// A router with real gRPC on both sides: modules that listen on the loopback, a router that follows
// a fake feed, and a client. Everything in this process, on ports that the system picks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "services/routing/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/eventually.hpp"
#include "support/schema_feed.hpp"
#include "support/temp_dir.hpp"
#include "tests/routing/history.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::test {

// A module: what it answers is the test's to say. Its calls run on gRPC's threads and may block.
class Module final : public v2alpha1::VerbService::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, const v2alpha1::CallRequest&,
                                             v2alpha1::CallResponse&)>;
  explicit Module(Handler handler) : handler_(std::move(handler)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.SetMaxReceiveMessageSize(64 << 20);
    server_ = builder.BuildAndStart();
  }
  ~Module() override { stop(); }
  void stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int calls() const { return calls_; }

  grpc::Status Ping(grpc::ServerContext*, const v2alpha1::PingRequest*,
                    v2alpha1::PingResponse* response) override {
    response->set_ready(true);
    return grpc::Status::OK;
  }
  grpc::Status Call(grpc::ServerContext* context, const v2alpha1::CallRequest* request,
                    v2alpha1::CallResponse* response) override {
    ++calls_;
    return handler_(*context, *request, *response);
  }

  // Answers with the request's own body.
  static grpc::Status echo(grpc::ServerContext&, const v2alpha1::CallRequest& request,
                           v2alpha1::CallResponse& response) {
    response.set_body(request.body());
    return grpc::Status::OK;
  }
  // Waits until the caller is gone.
  static grpc::Status hang(grpc::ServerContext& context, const v2alpha1::CallRequest&,
                           v2alpha1::CallResponse&) {
    (void)eventually([&] { return context.IsCancelled(); });
    return {grpc::StatusCode::CANCELLED, "the caller is gone"};
  }

 private:
  Handler handler_;
  std::atomic<int> calls_{0};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

struct Reply {
  grpc::Status status;
  v2alpha1::CallResponse response;
  std::string reason;
  std::multimap<std::string, std::string> trailing;
  grpc::StatusCode code() const { return status.error_code(); }
};

struct RouterWorld {
  TempDir dir;
  SchemaFeed feed;
  statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  routing::Settings settings;
  routing::Wiring wiring;
  std::unique_ptr<routing::Server> server;
  std::unique_ptr<v2alpha1::RoutingService::Stub> stub;
  int endpoints = 0;

  RouterWorld() {
    settings.listen = "127.0.0.1:0";
    settings.data = dir.path();
    settings.timeline = "";
    wiring.clock = &clock;
    wiring.metrics = &metrics;
    wiring.health = &health;
    wiring.feed = feed.transport();
  }

  void start() {
    auto started = routing::start(settings, wiring);
    statekit::check(started.has_value(), "the router starts");
    server = std::move(*started);
    stub = v2alpha1::RoutingService::NewStub(server->in_process().grpc());
  }
  void restart() {
    server.reset();
    start();
  }

  // Deploys a module with verb `get` at these addresses, in one commit.
  statekit::Revision deploy(const std::string& module, const std::vector<std::string>& addresses) {
    const std::string key = "dpl-" + module;
    schema::ChangesetCreated created;
    created.changeset.key = "chs-" + module;
    created.changeset.deployments = {key};
    created.deployments = {deployment_of(key, module, {"get"})};
    std::vector<schema::Event> events{created};
    for (const std::string& address : addresses) {
      schema::Endpoint endpoint;
      endpoint.id = "ept-" + std::to_string(++endpoints);
      endpoint.deployment = key;
      endpoint.address = address;
      events.emplace_back(schema::EndpointRegistered{endpoint});
    }
    events.emplace_back(schema::ChangesetCommitted{"chs-" + module, {}});
    return feed.tell(std::move(events));
  }

  static v2alpha1::CallRequest request(const std::string& module, const std::string& verb = "get") {
    v2alpha1::CallRequest out;
    out.mutable_verb()->set_module(module);
    out.mutable_verb()->set_name(verb);
    out.set_body(R"({"n":1})");
    return out;
  }

  static void at_least(v2alpha1::CallRequest& request, statekit::Revision revision) {
    auto* pair = request.add_metadata();
    pair->set_key("millrace-min-revision");
    pair->set_value("aa:" + std::to_string(revision));
  }

  Reply call(const v2alpha1::CallRequest& request,
             const std::function<void(grpc::ClientContext&)>& prepare = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (prepare) prepare(context);
    Reply reply;
    reply.status = stub->Call(&context, request, &reply.response);
    for (const auto& [key, value] : context.GetServerTrailingMetadata())
      reply.trailing.emplace(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
    const auto reason = reply.trailing.find("millrace-reason");
    if (reason != reply.trailing.end()) reply.reason = reason->second;
    return reply;
  }

  // After the router has seen that revision.
  Reply call_at(statekit::Revision revision, const std::string& module,
                const std::string& verb = "get") {
    v2alpha1::CallRequest out = request(module, verb);
    at_least(out, revision);
    return call(out);
  }
};

}  // namespace millrace::test
