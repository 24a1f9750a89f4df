// An ingress between real HTTP and real gRPC: a router and a timeline whose answers are the test's
// to say, and a fake feed. Everything in this process, on ports that the system picks.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "httpkit/client.hpp"
#include "services/ingress/server.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/eventually.hpp"
#include "support/schema_feed.hpp"
#include "support/temp_dir.hpp"
#include "tests/ingress/shop.hpp"
#include "v2alpha1/timeline.grpc.pb.h"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::test {

inline const std::string world_incarnation(32, 'a');

// Its calls run on gRPC's threads and may block.
class FakeRouter final : public v2alpha1::RoutingService::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, const v2alpha1::CallRequest&,
                                             v2alpha1::CallResponse&)>;
  void answer(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  grpc::Status Call(grpc::ServerContext* context, const v2alpha1::CallRequest* request,
                    v2alpha1::CallResponse* response) override {
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      handler = handler_;
    }
    return handler(*context, *request, *response);
  }

 private:
  std::mutex mutex_;
  Handler handler_ = [](auto&, auto&, v2alpha1::CallResponse& response) {
    response.set_body(R"({"status":200,"body":"hello"})");
    return grpc::Status::OK;
  };
};

class FakeTimeline final : public v2alpha1::TimelineService::Service {
 public:
  grpc::Status Publish(grpc::ServerContext*, const v2alpha1::PublishRequest* request,
                       v2alpha1::PublishResponse* response) override {
    const std::lock_guard lock(mutex_);
    for (const auto& event : request->events()) events_.push_back(event);
    response->set_accepted(static_cast<std::uint64_t>(request->events_size()));
    return grpc::Status::OK;
  }
  std::vector<v2alpha1::TimelineEvent> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::vector<v2alpha1::TimelineEvent> events_;
};

inline std::unique_ptr<statekit::GrpcServer> serve_grpc(grpc::Service& service) {
  statekit::GrpcServerOptions options;
  options.stop_ms_max = 100;
  auto server = statekit::GrpcServer::start(options, {&service});
  REQUIRE(server);
  return *std::move(server);
}

struct IngressWorld {
  IngressWorld() {
    settings.http_listen = "127.0.0.1:0";
    settings.cache = dir / "feed.cache";
    settings.stop_timeout_ms = 100;
  }
  ~IngressWorld() { server.reset(); }

  void start() {
    ingress::Wiring wiring;
    // Over the network: the library crashes where an in-process server was stopped before its
    // channel was last used, and some tests do that.
    wiring.routing = {statekit::connect(router_server->address())};
    wiring.timeline = statekit::connect(timeline_server->address());
    wiring.clock = &clock;
    wiring.metrics = &metrics;
    wiring.health = &health;
    wiring.feed = feed.transport();
    auto started = ingress::start(settings, wiring);
    REQUIRE(started);
    server = *std::move(started);
  }
  void deploy_shop() {
    feed.tell({changeset_of(shop_schema, "1")});
    const auto revision = feed.tell({schema::ChangesetCommitted{"chs-1", {}}});
    REQUIRE(eventually([&] { return revision_now() >= static_cast<double>(revision); }));
  }
  double revision_now() {
    metrics.text();  // measures
    return metrics
        .gauge("millrace_ingress_feed_revision", "The revision that requests are routed by.")
        .value();
  }
  httpkit::Response ask(const std::string& method, const std::string& target,
                        const std::string& body = {}, std::vector<httpkit::Header> headers = {}) {
    auto response =
        httpkit::fetch(method, "http://" + server->address() + target, body, headers, 60'000);
    if (!response) FAIL(response.error().message);
    return *std::move(response);
  }

  TempDir dir;
  ingress::Settings settings;
  SchemaFeed feed{world_incarnation};
  statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  FakeRouter router;
  FakeTimeline timeline;
  std::unique_ptr<statekit::GrpcServer> router_server = serve_grpc(router);
  std::unique_ptr<statekit::GrpcServer> timeline_server = serve_grpc(timeline);
  std::unique_ptr<ingress::Server> server;
};

}  // namespace millrace::test
