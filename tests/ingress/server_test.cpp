// Ingress as a running thing: real HTTP in, real gRPC out.
#include <future>
#include <set>

#include "raw_client.hpp"
#include "support/catch.hpp"
#include "tests/ingress/world.hpp"

namespace millrace::test {
namespace {

std::string metadata_of(const v2alpha1::CallRequest& request, const std::string& key) {
  for (const auto& pair : request.metadata()) {
    if (pair.key() == key) return pair.value();
  }
  return "(none)";
}

FakeRouter::Handler failing(grpc::StatusCode code, const std::string& reason) {
  return [=](grpc::ServerContext& context, auto&, auto&) {
    if (!reason.empty()) context.AddTrailingMetadata("millrace-reason", reason);
    return grpc::Status(code, "because");
  };
}

TEST_CASE("a request reaches its verb through the router and the answer comes back as HTTP") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  std::promise<v2alpha1::CallRequest> seen;
  world.router.answer([&](auto&, const auto& request, v2alpha1::CallResponse& response) {
    seen.set_value(request);
    response.set_body(
        R"({"status":201,"headers":{"Location":["/items/7"]},"body":{"name":"Cup","price":)"
        R"({"amount":1,"currency":"EUR"},"tags":["x"]}})");
    return grpc::Status::OK;
  });
  const auto response =
      world.ask("PUT", "/items/7", R"({"name":"Cup","price":{"a":1,"currency":"EUR"}})",
                {{"Content-Type", "application/json"}, {"X-Request-Id", "mine-1"}});
  CHECK(response.status == 201);
  CHECK(response.body == R"({"name":"Cup","price":{"a":1,"currency":"EUR"},"labels":["x"]})");
  CHECK(header_in(response, "location") == "/items/7");
  CHECK(header_in(response, "x-request-id") == "mine-1");
  const auto request = seen.get_future().get();
  CHECK(request.verb().module() == "shop");
  CHECK(request.verb().name() == "put");
  CHECK(has(request.body(), R"("pathParameters":{"id":7})"));
  CHECK(metadata_of(request, "millrace-request-id") == "mine-1");
  CHECK(metadata_of(request, "traceparent").size() == 55);
}

TEST_CASE("each failure of the router has its own status") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  using grpc::StatusCode;
  const auto status = [&](StatusCode code, const std::string& reason) {
    world.router.answer(failing(code, reason));
    return world.ask("GET", "/people/ada").status;
  };
  CHECK(status(StatusCode::UNAVAILABLE, "no-endpoint") == 503);
  CHECK(status(StatusCode::UNAVAILABLE, "endpoint-failed") == 502);
  CHECK(status(StatusCode::DEADLINE_EXCEEDED, "timeout") == 504);
  CHECK(status(StatusCode::RESOURCE_EXHAUSTED, "overloaded") == 503);
  CHECK(status(StatusCode::NOT_FOUND, "unknown-verb") == 503);
  CHECK(status(StatusCode::FAILED_PRECONDITION, "other-incarnation") == 412);
  CHECK(status(StatusCode::UNAVAILABLE, "") == 503);
  world.router.answer([](auto&, auto&, auto&) { return grpc::Status::OK; });  // neither of both
  CHECK(world.ask("GET", "/people/ada").status == 502);
  world.router.answer([](auto&, auto&, v2alpha1::CallResponse& response) {
    response.mutable_error()->set_code("out-of-tea");
    response.mutable_error()->set_message("none left");
    return grpc::Status::OK;
  });
  const auto failed = world.ask("GET", "/people/ada");
  CHECK(failed.status == 502);
  CHECK(has(failed.body, R"("reason":"out-of-tea")"));
  world.router_server->stop();
  CHECK(world.ask("GET", "/people/ada").status == 503);
}

TEST_CASE("G8: a verb that does not answer in time is 504") {
  IngressWorld world;
  world.settings.timeout_ms = 100;
  world.start();
  world.deploy_shop();
  world.router.answer([](grpc::ServerContext& context, auto&, auto&) {
    eventually([&] { return context.IsCancelled(); });
    return grpc::Status::CANCELLED;
  });
  const auto late = world.ask("GET", "/people/ada");
  CHECK(late.status == 504);
  CHECK(has(late.body, R"("reason":"timeout")"));
}

TEST_CASE("a client that goes away cancels its call") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  std::promise<void> arrived;
  std::promise<bool> cancelled;
  world.router.answer([&](grpc::ServerContext& context, auto&, auto&) {
    arrived.set_value();
    cancelled.set_value(eventually([&] { return context.IsCancelled(); }));
    return grpc::Status::CANCELLED;
  });
  httpkit::RawClient client(world.server->address());
  client.send("GET /people/ada HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().get();
  client.reset();
  CHECK(cancelled.get_future().get());
  CHECK(eventually([&] {
    const auto events = world.timeline.events();
    return !events.empty() && events.back().ingress().status() == 499;
  }));
}

TEST_CASE("G6: a request waits for the revision that it asks for, up to its deadline") {
  IngressWorld world;
  world.settings.timeout_ms = 400;
  world.start();
  world.deploy_shop();
  const auto at = [&](const std::string& revision) {
    return world.ask("GET", "/new", {}, {{"millrace-min-revision", revision}});
  };
  CHECK(at(world_incarnation + ":2").status == 404);
  const auto behind = at(world_incarnation + ":4");
  CHECK(behind.status == 503);
  CHECK(has(behind.body, R"("reason":"behind")"));
  CHECK(at("12").status == 400);
  CHECK(at(std::string(32, 'b') + ":1").status == 412);
}

TEST_CASE("G6: what a revision brought is there for a request that names it") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  auto answer = std::async(std::launch::async, [&] {
    return world.ask("GET", "/new", {}, {{"millrace-min-revision", world_incarnation + ":4"}});
  });
  CHECK(eventually([&] {
    world.metrics.text();
    return world.metrics
               .gauge("millrace_ingress_requests_waiting", "Requests that wait for a revision.")
               .value() == 1;
  }));
  world.feed.tell(
      {changeset_of("module fresh {\n verb get(builtin.HttpRequest<Unit, Unit, Unit>) "
                    "builtin.HttpResponse<String, Unit>\n +ingress http GET /new\n}",
                    "2")});
  world.feed.tell({schema::ChangesetCommitted{"chs-2", {}}});
  CHECK(answer.get().body == "hello");
}

TEST_CASE("G5: ingress starts cold and answers while the schema service is away") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  CHECK(world.ask("GET", "/people/ada").body == "hello");
  world.server.reset();
  world.feed.go_away();
  world.start();
  CHECK(world.health.ready());
  CHECK(world.ask("GET", "/people/ada").body == "hello");
}

TEST_CASE("an ingress without any state says so and is not ready") {
  IngressWorld world;
  world.feed.go_away();
  world.start();
  CHECK_FALSE(world.health.ready());
  const auto refused = world.ask("GET", "/people/ada");
  CHECK(refused.status == 503);
  CHECK(has(refused.body, R"("reason":"no-state")"));
  CHECK(header_in(refused, "retry-after") == "1");
}

TEST_CASE("each request becomes an event of the timeline and a count by its route") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  world.ask("GET", "/people/ada?x=secret", {}, {{"X-Request-Id", "r-1"}});
  world.ask("GET", "/nowhere/at/all", {}, {{"X-Request-Id", "r-2"}});
  REQUIRE(eventually([&] { return world.timeline.events().size() == 2; }));
  const auto events = world.timeline.events();
  CHECK(events[0].request_id() == "r-1");
  CHECK(events[0].traceparent().size() == 55);
  CHECK(events[0].ingress().route() == "GET /people/{name}");
  CHECK(events[0].ingress().path() == "/people/ada");
  CHECK(events[0].ingress().verb().name() == "person");
  CHECK(events[0].ingress().status() == 200);
  CHECK(events[1].ingress().status() == 404);
  CHECK(events[1].ingress().route().empty());
  const std::string text = world.metrics.text();
  CHECK(has(text, R"(millrace_ingress_requests_total{route="GET /people/{name}",status="200"} 1)"));
  CHECK(has(text, R"(millrace_ingress_requests_total{route="none",status="404"} 1)"));
  CHECK_FALSE(has(text, "nowhere"));
}

TEST_CASE("a timeline that is away holds up nobody") {
  IngressWorld world;
  world.settings.timeline_events_max = 4;
  world.start();
  world.deploy_shop();
  world.timeline_server->stop();
  for (int i = 0; i < 20; ++i) REQUIRE(world.ask("GET", "/people/ada").status == 200);
  CHECK(eventually([&] {
    world.metrics.text();
    return world.metrics
               .gauge("millrace_ingress_timeline_dropped_events",
                      "Events that the timeline's queue had no room for.")
               .value() > 0;
  }));
}

TEST_CASE("a stop cuts off what does not end and comes back") {
  IngressWorld world;
  world.start();
  world.deploy_shop();
  std::promise<void> arrived;
  world.router.answer([&](grpc::ServerContext& context, auto&, auto&) {
    arrived.set_value();
    eventually([&] { return context.IsCancelled(); });
    return grpc::Status::CANCELLED;
  });
  httpkit::RawClient client(world.server->address());
  client.send("GET /people/ada HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().get();
  world.server->stop();
  CHECK(client.read_to_end().empty());
}

TEST_CASE("settings that cannot be together are refused with what to do") {
  IngressWorld world;
  world.settings.cors.origins = {"*"};
  world.settings.cors.credentials = true;
  ingress::Wiring wiring;
  const auto started = ingress::start(world.settings, wiring);
  REQUIRE_FALSE(started);
  CHECK(has(started.error().message, "ingress.cors_credentials"));
}

}  // namespace
}  // namespace millrace::test
