// The router over real gRPC: what callers and modules see of each other.
#include <future>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>

#include "access/io/trusted.hpp"
#include "statekit/io/channel.hpp"
#include "support/catch.hpp"
#include "tests/routing/world.hpp"

using namespace millrace;
using namespace millrace::test;
using grpc::StatusCode;

TEST_CASE("a call reaches its module through the router and its answer comes back") {
  Module module(Module::echo);
  RouterWorld world;
  world.start();
  const Reply reply = world.call_at(world.deploy("echo", {module.address()}), "echo");
  CHECK(reply.status.ok());
  CHECK(reply.response.body() == R"({"n":1})");
  CHECK(reply.reason.empty());
}

TEST_CASE("the ways in which a call fails are told apart by code and reason and message") {
  Module echo(Module::echo);
  Module hang(Module::hang);
  Module odd([](auto&, auto&, auto&) { return grpc::Status(StatusCode::INTERNAL, "it broke"); });
  RouterWorld world;
  world.settings.deadline_default_ms = 200;
  world.start();
  world.deploy("echo", {echo.address()});
  world.deploy("slow", {hang.address()});
  world.deploy("odd", {odd.address()});
  world.deploy("dead", {"127.0.0.1:1"});
  const auto revision = world.deploy("lonely", {});

  const Reply module = world.call_at(revision, "absent");
  CHECK(module.code() == StatusCode::NOT_FOUND);
  CHECK(module.reason == "unknown-module");
  const Reply verb = world.call_at(revision, "echo", "absent");
  CHECK(verb.code() == StatusCode::NOT_FOUND);
  CHECK(verb.reason == "unknown-verb");
  const Reply endpoint = world.call_at(revision, "lonely");
  CHECK(endpoint.code() == StatusCode::UNAVAILABLE);
  CHECK(endpoint.reason == "no-endpoint");
  const Reply broken = world.call_at(revision, "odd");
  CHECK(broken.code() == StatusCode::UNAVAILABLE);
  CHECK(broken.reason == "endpoint-failed");
  CHECK(broken.status.error_message().find("it broke") != std::string::npos);
  const Reply dead = world.call_at(revision, "dead");
  CHECK(dead.code() == StatusCode::UNAVAILABLE);
  CHECK(dead.reason == "endpoint-failed");
  CHECK(dead.status.error_message().find("cannot be reached") != std::string::npos);
  // The caller itself names no deadline, so that the router's is the one that passes.
  grpc::ClientContext context;
  v2alpha1::CallResponse response;
  const grpc::Status late = world.stub->Call(&context, RouterWorld::request("slow"), &response);
  CHECK(late.error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(context.GetServerTrailingMetadata().find("millrace-reason")->second == "timeout");
  const std::set<std::string> messages = {
      module.status.error_message(), verb.status.error_message(), endpoint.status.error_message(),
      broken.status.error_message(), dead.status.error_message(), late.error_message()};
  CHECK(messages.size() == 6);
}

TEST_CASE("a module's own error arrives as it is with status OK") {
  Module module([](auto&, auto&, v2alpha1::CallResponse& response) {
    response.mutable_error()->set_code("out-of-stock");
    response.mutable_error()->set_message("none left");
    return grpc::Status::OK;
  });
  RouterWorld world;
  world.start();
  const Reply reply = world.call_at(world.deploy("shop", {module.address()}), "shop");
  CHECK(reply.status.ok());
  CHECK(reply.response.error().code() == "out-of-stock");
  CHECK(reply.reason.empty());
}

TEST_CASE("cancelling a call reaches the module") {
  std::promise<void> arrived;
  std::promise<bool> saw_cancel;
  Module module([&](grpc::ServerContext& context, auto&, auto&) {
    arrived.set_value();
    saw_cancel.set_value(eventually([&] { return context.IsCancelled(); }));
    return grpc::Status::CANCELLED;
  });
  RouterWorld world;
  world.start();
  v2alpha1::CallRequest request = RouterWorld::request("slow");
  RouterWorld::at_least(request, world.deploy("slow", {module.address()}));
  grpc::ClientContext context;
  v2alpha1::CallResponse response;
  auto call = std::async(std::launch::async,
                         [&] { return world.stub->Call(&context, request, &response); });
  arrived.get_future().get();
  context.TryCancel();
  CHECK(call.get().error_code() == StatusCode::CANCELLED);
  CHECK(saw_cancel.get_future().get());
}

TEST_CASE("the caller's deadline reaches the module") {
  std::promise<std::chrono::system_clock::time_point> seen;
  Module module([&](grpc::ServerContext& context, auto&, v2alpha1::CallResponse& response) {
    seen.set_value(context.deadline());
    response.set_body("{}");
    return grpc::Status::OK;
  });
  RouterWorld world;
  world.start();
  v2alpha1::CallRequest request = RouterWorld::request("echo");
  RouterWorld::at_least(request, world.deploy("echo", {module.address()}));
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(17);
  CHECK(world.call(request, [&](auto& context) { context.set_deadline(deadline); }).status.ok());
  const auto carried = seen.get_future().get();
  CHECK(carried < deadline + std::chrono::seconds(1));
  CHECK(carried > deadline - std::chrono::seconds(5));
}

TEST_CASE("metadata travels both ways and the request id is the same all along") {
  std::promise<std::string> traceparent;
  std::promise<std::string> request_id;
  Module module([&](grpc::ServerContext& context, const v2alpha1::CallRequest& request,
                    v2alpha1::CallResponse& response) {
    const auto found = context.client_metadata().find("traceparent");
    traceparent.set_value(found == context.client_metadata().end()
                              ? ""
                              : std::string(found->second.data(), found->second.size()));
    request_id.set_value(request.metadata(request.metadata_size() - 1).value());
    context.AddTrailingMetadata("x-from-module", "hello");
    response.set_body("{}");
    return grpc::Status::OK;
  });
  RouterWorld world;
  world.start();
  v2alpha1::CallRequest request = RouterWorld::request("echo");
  RouterWorld::at_least(request, world.deploy("echo", {module.address()}));
  const Reply reply = world.call(request, [](grpc::ClientContext& context) {
    context.AddMetadata("traceparent", "00-abc-def-01");
    context.AddMetadata("millrace-request-id", "r-42");
  });
  CHECK(reply.status.ok());
  CHECK(traceparent.get_future().get() == "00-abc-def-01");
  CHECK(request_id.get_future().get() == "r-42");
  CHECK(reply.trailing.find("x-from-module")->second == "hello");
}

TEST_CASE("G6: a call with a minimum revision waits for the feed without holding up others") {
  Module module(Module::echo);
  RouterWorld world;
  world.start();
  const auto now = world.deploy("echo", {module.address()});
  std::vector<std::future<Reply>> waiting;
  for (int i = 0; i < 20; ++i)
    waiting.push_back(
        std::async(std::launch::async, [&] { return world.call_at(now + 1, "late"); }));
  for (int i = 0; i < 50; ++i) CHECK(world.call_at(now, "echo").status.ok());
  world.deploy("late", {module.address()});
  for (auto& each : waiting) CHECK(each.get().status.ok());
}

TEST_CASE(
    "G6: a revision that does not come in time is behind and another incarnation is refused") {
  RouterWorld world;
  world.start();
  const auto now = world.deploy("echo", {});
  CHECK(world.call_at(now, "echo").reason == "no-endpoint");
  v2alpha1::CallRequest request = RouterWorld::request("echo");
  auto* pair = request.add_metadata();
  pair->set_key("millrace-min-revision");
  pair->set_value("bb:1");
  const Reply other = world.call(request);
  CHECK(other.code() == StatusCode::FAILED_PRECONDITION);
  CHECK(other.reason == "other-incarnation");
  RouterWorld impatient;
  impatient.settings.deadline_default_ms = 50;
  impatient.start();
  const auto here = impatient.deploy("echo", {});
  CHECK(impatient.call_at(here, "echo").reason == "no-endpoint");
  pair->set_value("aa:99");
  grpc::ClientContext context;
  v2alpha1::CallResponse response;
  const grpc::Status behind = impatient.stub->Call(&context, request, &response);
  CHECK(behind.error_code() == StatusCode::UNAVAILABLE);
  CHECK(context.GetServerTrailingMetadata().find("millrace-reason")->second == "behind");
}

TEST_CASE("G5: a router starts cold and serves while the schema service is away") {
  Module module(Module::echo);
  RouterWorld world;
  world.start();
  const auto revision = world.deploy("echo", {module.address()});
  REQUIRE(world.call_at(revision, "echo").status.ok());
  world.feed.go_away();
  CHECK(world.call_at(revision, "echo").status.ok());
  world.restart();
  CHECK(world.call_at(revision, "echo").status.ok());
  CHECK(world.health.ready());
  world.feed.come_back();
  const auto next = world.deploy("more", {module.address()});
  CHECK(world.call_at(next, "more").status.ok());
}

TEST_CASE("a router that never had a state is not ready and says so") {
  RouterWorld world;
  world.feed.go_away();
  world.start();
  const Reply reply = world.call(RouterWorld::request("echo"));
  CHECK(reply.code() == StatusCode::UNAVAILABLE);
  CHECK(reply.reason == "behind");
  CHECK_FALSE(world.health.ready());
  grpc::ClientContext context;
  v2alpha1::PingResponse pong;
  REQUIRE(world.stub->Ping(&context, {}, &pong).ok());
  CHECK_FALSE(pong.ready());
  CHECK(pong.reasons_size() == 1);
  CHECK_FALSE(pong.version().empty());
}

TEST_CASE("G8: a request over the limit is refused and the largest one passes") {
  Module module(Module::echo);
  RouterWorld world;
  world.settings.message_bytes_max = 1 << 20;
  world.start();
  v2alpha1::CallRequest request = RouterWorld::request("echo");
  RouterWorld::at_least(request, world.deploy("echo", {module.address()}));
  request.set_body(std::string((1 << 20) - 200, 'x'));
  const Reply fits = world.call(request);
  CHECK(fits.status.ok());
  CHECK(fits.response.body() == request.body());
  request.set_body(std::string((1 << 20) + 1, 'x'));
  CHECK(world.call(request).code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(module.calls() == 1);
}

TEST_CASE("G8: more calls than the limit are overloaded and then there is room again") {
  std::atomic<bool> go{false};
  Module module([&](auto&, auto&, v2alpha1::CallResponse& response) {
    (void)eventually([&] { return go.load(); });
    response.set_body("{}");
    return grpc::Status::OK;
  });
  RouterWorld world;
  world.settings.calls_max = 2;
  world.start();
  const auto revision = world.deploy("slow", {module.address()});
  std::vector<std::future<Reply>> held;
  for (int i = 0; i < 2; ++i)
    held.push_back(std::async(std::launch::async, [&] { return world.call_at(revision, "slow"); }));
  REQUIRE(eventually([&] { return module.calls() == 2; }));
  const Reply third = world.call_at(revision, "slow");
  CHECK(third.code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(third.reason == "overloaded");
  go = true;
  for (auto& each : held) CHECK(each.get().status.ok());
  CHECK(world.call_at(revision, "slow").status.ok());
}

TEST_CASE("G11: hostile bytes are an invalid argument and the router goes on") {
  Module module(Module::echo);
  RouterWorld world;
  world.start();
  const auto revision = world.deploy("echo", {module.address()});
  grpc::GenericStub generic(world.server->in_process().grpc());
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff"), std::string("\x0a\x7f"),
                                   std::string(1000, '\0'), std::string()}) {
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    generic.UnaryCall(&context, "/millrace.v2alpha1.RoutingService/Call", {}, &request, &response,
                      [&](grpc::Status status) { done.set_value(status); });
    CHECK(done.get_future().get().error_code() == StatusCode::INVALID_ARGUMENT);
  }
  CHECK(world.call_at(revision, "echo").status.ok());
}

TEST_CASE("calls go on when one of two endpoints dies") {
  Module one(Module::echo);
  auto two = std::make_unique<Module>(Module::echo);
  RouterWorld world;
  world.start();
  const auto revision = world.deploy("echo", {one.address(), two->address()});
  for (int i = 0; i < 40; ++i) REQUIRE(world.call_at(revision, "echo").status.ok());
  CHECK(one.calls() > 5);
  CHECK(two->calls() > 5);
  two.reset();
  int failed = 0;
  for (int i = 0; i < 100; ++i) failed += world.call_at(revision, "echo").status.ok() ? 0 : 1;
  CHECK(failed <= 3);
}

TEST_CASE("a router stops in order while a call is in flight") {
  Module module(Module::hang);
  RouterWorld world;
  world.start();
  const auto revision = world.deploy("slow", {module.address()});
  auto call = std::async(std::launch::async, [&] { return world.call_at(revision, "slow"); });
  REQUIRE(eventually([&] { return module.calls() == 1; }));
  world.server->stop();
  CHECK_FALSE(call.get().status.ok());
}

TEST_CASE("a port in use is an error that names the setting") {
  RouterWorld first;
  first.start();
  RouterWorld second;
  second.settings.listen = first.server->address();
  const auto started = routing::start(second.settings, second.wiring);
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("routing.listen") != std::string::npos);
}

TEST_CASE("a module sees nothing of what its caller, or the router itself, shows to the platform") {
  const std::string mine = "mlr_" + std::string(10, 'a') + "_" + std::string(52, 'b');
  const std::string own = "mlr_" + std::string(10, 'c') + "_" + std::string(52, 'd');
  access::Trusted trusted;
  trusted.required = true;
  trusted.bootstrap = statekit::sha256(mine);
  trusted.own = access::OwnTokens::of(own);
  statekit::show_token(own);
  std::string seen;
  Module module([&](grpc::ServerContext& context, const v2alpha1::CallRequest& request,
                    v2alpha1::CallResponse& response) {
    for (const auto& [key, value] : context.client_metadata())
      seen += std::string(key.data(), key.size()) + "=" + std::string(value.data(), value.size()) +
              "\n";
    seen += request.SerializeAsString();
    response.set_body("{}");
    return grpc::Status::OK;
  });
  RouterWorld world;
  world.wiring.trusted = &trusted;
  world.start();
  v2alpha1::CallRequest request = RouterWorld::request("shop");
  RouterWorld::at_least(request, world.deploy("shop", {module.address()}));
  const Reply reply = world.call(request, [&](grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer " + mine);
    context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  });
  statekit::show_token({});
  INFO(reply.status.error_message());
  REQUIRE(reply.status.ok());
  INFO(seen);
  CHECK(seen.find("traceparent") != std::string::npos);
  CHECK(seen.find("authorization") == std::string::npos);
  CHECK(seen.find("on-behalf") == std::string::npos);
  CHECK(seen.find("mlr_") == std::string::npos);
}
