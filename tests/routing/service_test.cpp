#include "services/routing/service.hpp"

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "tests/routing/fakes.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

Arrival arrival(const v2alpha1::CallRequest& request) {
  return {Payload(request.SerializeAsString()), std::nullopt, {}};
}

Answer call(Router& router, const v2alpha1::CallRequest& request) {
  Answered answered;
  router.service->call(arrival(request), answered.taker());
  return answered.get();
}

const statekit::CallEvent& last_call(Router& router) {
  return std::get<statekit::CallEvent>(router.events.back().what);
}

}  // namespace

TEST_CASE("a call reaches a live endpoint and its answer comes back untouched") {
  Router router;
  router.deploy_echo();
  router.transport.says["one:1"] = FakeTransport::body(R"({"m":"hi"})");
  router.transport.says["two:2"] = router.transport.says["one:1"];
  const v2alpha1::CallRequest request = request_of("echo", "get", {{"millrace-request-id", "r-7"}});
  const Answer answer = call(router, request);
  CHECK(answer.reason == Reason::none);
  CHECK(text_of(answer.response) == text_of(router.transport.says["one:1"].response));
  REQUIRE(router.transport.sent.size() == 1);
  CHECK(text_of(router.transport.sent[0]->outgoing.request) == request.SerializeAsString());
  CHECK(router.service->in_flight() == 0);
}

TEST_CASE("unknown module and unknown verb and no endpoint are three different answers") {
  Router router;
  router.deploy_echo();
  const Answer module = call(router, request_of("absent", "get"));
  CHECK(module.reason == Reason::unknown_module);
  CHECK(module.message.find("absent") != std::string::npos);
  const Answer verb = call(router, request_of("echo", "absent"));
  CHECK(verb.reason == Reason::unknown_verb);
  CHECK(verb.message.find("no verb named absent") != std::string::npos);
  router.tell({schema::EndpointRemoved{"ept-1", "left"}, schema::EndpointRemoved{"ept-2", "left"}});
  const Answer endpoint = call(router, request_of("echo", "get"));
  CHECK(endpoint.reason == Reason::no_endpoint);
  CHECK(endpoint.message.find("no live endpoint") != std::string::npos);
  CHECK(router.transport.sent.empty());
}

TEST_CASE("a module's own error is an answer and not a failure of the platform") {
  Router router;
  router.deploy_echo();
  v2alpha1::CallResponse response;
  response.mutable_error()->set_code("out-of-stock");
  response.mutable_error()->set_message("none left");
  Outcome outcome = FakeTransport::body("");
  outcome.response = Payload(response.SerializeAsString());
  router.transport.says = {{"one:1", outcome}, {"two:2", outcome}};
  const Answer answer = call(router, request_of("echo", "get"));
  CHECK(answer.reason == Reason::none);
  CHECK(text_of(answer.response) == response.SerializeAsString());
  CHECK(last_call(router).outcome == "error");
  CHECK(last_call(router).error == "out-of-stock: none left");
}

TEST_CASE("an endpoint that fails and a deadline that passes are two different answers") {
  Router router;
  router.deploy_echo();
  const Outcome reset = FakeTransport::failure(Delivery::failed, "connection reset");
  router.transport.says = {{"one:1", reset}, {"two:2", reset}};
  const Answer failed = call(router, request_of("echo", "get"));
  CHECK(failed.reason == Reason::endpoint_failed);
  CHECK(failed.message.find("connection reset") != std::string::npos);
  CHECK(router.transport.sent.size() == 1);  // it may have been done, so it is not sent again
  const Outcome late = FakeTransport::failure(Delivery::timed_out, "");
  router.transport.says = {{"one:1", late}, {"two:2", late}};
  CHECK(call(router, request_of("echo", "get")).reason == Reason::timeout);
}

TEST_CASE("an endpoint that answers with other bytes has failed") {
  Router router;
  router.deploy_echo();
  Outcome odd = FakeTransport::body("");
  odd.response = Payload(std::string("\x0A\x7F"));
  router.transport.says = {{"one:1", odd}, {"two:2", odd}};
  CHECK(call(router, request_of("echo", "get")).reason == Reason::endpoint_failed);
}

TEST_CASE("a call that never left goes to another endpoint") {
  Router router;
  router.deploy_echo();
  router.transport.says["one:1"] = FakeTransport::failure(Delivery::unsent, "refused");
  router.transport.says["two:2"] = FakeTransport::body("{}");
  for (int i = 0; i < 20; ++i)
    CHECK(call(router, request_of("echo", "get")).reason == Reason::none);
}

TEST_CASE("when no endpoint can be reached the call fails after a bounded number of attempts") {
  CallLimits limits;
  limits.attempts_max = 2;
  Router router(limits);
  router.deploy_echo();
  const Outcome refused = FakeTransport::failure(Delivery::unsent, "refused");
  router.transport.says = {{"one:1", refused}, {"two:2", refused}};
  const Answer answer = call(router, request_of("echo", "get"));
  CHECK(answer.reason == Reason::endpoint_failed);
  REQUIRE(router.transport.sent.size() == 2);
  CHECK(router.transport.sent[0]->address != router.transport.sent[1]->address);
}

TEST_CASE("an endpoint that fails again and again is left out and tried again later") {
  Router router;
  router.deploy_echo();
  router.transport.says["one:1"] = FakeTransport::failure(Delivery::failed, "reset");
  router.transport.says["two:2"] = FakeTransport::body("{}");
  for (int i = 0; i < 100; ++i) (void)call(router, request_of("echo", "get"));
  CHECK(router.service->pool().ejected(router.clock.mono_ms()) == 1);
  router.transport.sent.clear();
  for (int i = 0; i < 50; ++i)
    CHECK(call(router, request_of("echo", "get")).reason == Reason::none);
  router.transport.says["one:1"] = FakeTransport::body("{}");
  router.clock.advance(60'000);
  for (int i = 0; i < 50; ++i) (void)call(router, request_of("echo", "get"));
  bool came_back = false;
  for (const auto& sent : router.transport.sent) came_back = came_back || sent->address == "one:1";
  CHECK(came_back);
}

TEST_CASE("calls in flight make an endpoint less wanted") {
  Router router;
  router.deploy_echo();
  router.transport.says["two:2"] = FakeTransport::body("{}");
  Answered first;
  while (router.transport.sent.empty() || router.transport.sent.back()->address != "one:1")
    router.service->call(arrival(request_of("echo", "get")), first.taker());
  const auto unanswered = router.transport.sent.back();
  // The other endpoint is free, so every further call goes there and is answered.
  for (int i = 0; i < 30; ++i)
    CHECK(call(router, request_of("echo", "get")).reason == Reason::none);
  unanswered->finish(FakeTransport::body("{}"));
}

TEST_CASE("cancelling a call cancels it at the endpoint") {
  Router router;
  router.deploy_echo();
  Answered answered;
  const auto pending = router.service->call(arrival(request_of("echo", "get")), answered.taker());
  CHECK_FALSE(answered.there());
  CHECK(router.service->in_flight() == 1);
  pending->cancel();
  CHECK(router.transport.sent[0]->cancelled);
  CHECK(answered.get().reason == Reason::cancelled);
  pending->cancel();
  CHECK(answered.times() == 1);
  CHECK(router.service->in_flight() == 0);
}

TEST_CASE("the caller's deadline is carried on and never longer than the limit") {
  CallLimits limits;
  limits.deadline_ms_default = 5'000;
  limits.deadline_ms_max = 60'000;
  Router router(limits);
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  const auto carried = [&](std::optional<Instant> deadline) {
    Answered answered;
    Arrival in = arrival(request_of("echo", "get"));
    in.deadline = deadline;
    router.service->call(in, answered.taker());
    return router.transport.sent.back()->outgoing.deadline;
  };
  const Instant now = std::chrono::steady_clock::now();
  CHECK(carried(now + std::chrono::seconds(7)) == now + std::chrono::seconds(7));
  CHECK(carried(std::nullopt) < now + std::chrono::seconds(30));
  CHECK(carried(now + std::chrono::hours(9)) < now + std::chrono::seconds(90));
}

TEST_CASE("G8: a router with its limit of calls in flight says overloaded") {
  CallLimits limits;
  limits.calls_max = 2;
  Router router(limits);
  router.deploy_echo();
  Answered held[2];
  for (Answered& each : held)
    router.service->call(arrival(request_of("echo", "get")), each.taker());
  const Answer answer = call(router, request_of("echo", "get"));
  CHECK(answer.reason == Reason::overloaded);
  CHECK(answer.message.find("routing.calls_max") != std::string::npos);
  CHECK(router.service->in_flight() == 2);
  router.transport.sent[0]->finish(FakeTransport::body("{}"));
  router.transport.sent[1]->finish(FakeTransport::body("{}"));
  CHECK(router.service->in_flight() == 0);
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  CHECK(call(router, request_of("echo", "get")).reason == Reason::none);
}

TEST_CASE("a call without a request id gets one and the endpoint sees it") {
  Router router;
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  (void)call(router, request_of("echo", "get"));
  CHECK(metadata_of(router.transport.sent[0]->request(), "millrace-request-id") == "req-1");
  CHECK(router.transport.sent[0]->request().body() == R"({"n":1})");
  CHECK(router.events.back().request_id == "req-1");
  (void)call(router, request_of("echo", "get", {{"millrace-request-id", "mine"}}));
  CHECK(metadata_of(router.transport.sent[1]->request(), "millrace-request-id") == "mine");
}

TEST_CASE("what comes as a header is put into the message and other headers go on as they are") {
  Router router;
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  Arrival in = arrival(request_of("echo", "get"));
  in.headers = {{"traceparent", "00-a-b-01"}, {"millrace-request-id", "r-9"}, {"x-own", "v"}};
  Answered answered;
  router.service->call(in, answered.taker());
  const auto& sent = *router.transport.sent[0];
  CHECK(metadata_of(sent.request(), "millrace-request-id") == "r-9");
  CHECK(sent.outgoing.headers == Headers{{"traceparent", "00-a-b-01"}, {"x-own", "v"}});
  CHECK(router.events.back().traceparent == "00-a-b-01");
}

TEST_CASE(
    "a request from outside takes a canary's side and carries it on and one from inside keeps its "
    "own") {
  Router router;
  router.deploy_echo();
  schema::ChangesetCreated created;
  created.changeset.key = "chs-2";
  created.changeset.canary_percent = 100;
  created.changeset.deployments = {"dpl-2"};
  created.deployments = {deployment_of("dpl-2", "echo", {"get"})};
  schema::Endpoint canary;
  canary.id = "ept-9";
  canary.deployment = "dpl-2";
  canary.address = "canary:9";
  router.tell({created, schema::EndpointRegistered{canary}, schema::ChangesetPrepared{"chs-2"}});
  for (const char* each : {"one:1", "two:2", "canary:9"})
    router.transport.says[each] = FakeTransport::body("{}");
  (void)call(router, request_of("echo", "get"));
  CHECK(router.transport.sent.back()->address == "canary:9");
  CHECK(metadata_of(router.transport.sent.back()->request(), "millrace-side") == "chs-2");
  (void)call(router, request_of("echo", "get", {{"millrace-request-id", "r"}}));
  CHECK(router.transport.sent.back()->address != "canary:9");
  (void)call(router,
             request_of("echo", "get", {{"millrace-request-id", "r"}, {"millrace-side", "chs-2"}}));
  CHECK(router.transport.sent.back()->address == "canary:9");
}

TEST_CASE("G6: a call that asks for a revision waits for it and is then served") {
  Router router;
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  CHECK(call(router, request_of("echo", "get", {{"millrace-min-revision", "aa:1"}})).reason ==
        Reason::none);
  Answered answered;
  router.service->call(arrival(request_of("echo", "get", {{"millrace-min-revision", "aa:3"}})),
                       answered.taker());
  router.tell({});
  CHECK_FALSE(answered.there());
  CHECK(router.service->waiters().waiting() == 1);
  router.tell({});
  CHECK(answered.get().reason == Reason::none);
  CHECK(router.service->waiters().waiting() == 0);
}

TEST_CASE(
    "G6: a call that waits for a revision past its deadline is told that the router is behind") {
  Router router;
  router.deploy_echo();
  Arrival in = arrival(request_of("echo", "get", {{"millrace-min-revision", "aa:99"}}));
  in.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  Answered answered;
  router.service->call(in, answered.taker());
  CHECK(answered.get().reason == Reason::behind);
  CHECK(answered.get().message.find("revision 1") != std::string::npos);
  CHECK(router.transport.sent.empty());
}

TEST_CASE("G6: a position of another incarnation is a failed precondition at once") {
  Router router;
  router.deploy_echo();
  const Answer answer =
      call(router, request_of("echo", "get", {{"millrace-min-revision", "bb:1"}}));
  CHECK(answer.reason == Reason::other_incarnation);
  CHECK(code_of(answer.reason) == statekit::Code::failed_precondition);
}

TEST_CASE("G6: a call that waited is not served by a state of another incarnation") {
  Router router;
  router.deploy_echo();
  Answered answered;
  router.service->call(arrival(request_of("echo", "get", {{"millrace-min-revision", "aa:3"}})),
                       answered.taker());
  schema::Snapshot restored;
  restored.revision = 10;
  router.incarnation = "bb";
  router.projection.restore(restored);
  CHECK(answered.get().reason == Reason::other_incarnation);
}

TEST_CASE("G8: calls that wait for a revision are bounded and a cancelled one makes room") {
  CallLimits limits;
  limits.waiting_max = 1;
  Router router(limits);
  router.deploy_echo();
  const v2alpha1::CallRequest request =
      request_of("echo", "get", {{"millrace-min-revision", "aa:99"}});
  Answered first;
  const auto pending = router.service->call(arrival(request), first.taker());
  CHECK(call(router, request).reason == Reason::overloaded);
  pending->cancel();
  CHECK(first.get().reason == Reason::cancelled);
  Answered second;
  const auto again = router.service->call(arrival(request), second.taker());
  CHECK(router.service->waiters().waiting() == 1);
  router.service->stop();
  CHECK(second.get().reason == Reason::behind);
}

TEST_CASE("a malformed position and a call to nothing are invalid arguments") {
  Router router;
  router.deploy_echo();
  CHECK(call(router, request_of("echo", "get", {{"millrace-min-revision", "soon"}})).reason ==
        Reason::invalid);
  CHECK(call(router, v2alpha1::CallRequest()).reason == Reason::invalid);
}

TEST_CASE("a router without any state is not ready and says so instead of unknown module") {
  Router router;
  router.empty = true;
  const Answer answer = call(router, request_of("echo", "get"));
  CHECK(answer.reason == Reason::behind);
  CHECK(answer.message.find("no state yet") != std::string::npos);
  CHECK_FALSE(router.service->ready().ready);
  router.empty = false;
  CHECK(router.service->ready().ready);
  CHECK(call(router, request_of("echo", "get")).reason == Reason::unknown_module);
}

TEST_CASE("one connection is kept for each endpoint and let go when the endpoint leaves") {
  Router router;
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  for (int i = 0; i < 50; ++i) (void)call(router, request_of("echo", "get"));
  router.transport.sent.clear();
  CHECK(router.transport.connections == std::map<std::string, int>{{"one:1", 1}, {"two:2", 1}});
  router.service->tidy();
  CHECK(router.service->pool().size() == 2);
  router.tell({schema::EndpointRemoved{"ept-1", "left"}});
  router.service->tidy();
  CHECK(router.service->pool().size() == 1);
  CHECK(router.transport.connections == std::map<std::string, int>{{"one:1", 0}, {"two:2", 1}});
}

TEST_CASE("each call is told to the timeline and counted by verb and outcome") {
  Router router;
  router.deploy_echo();
  router.transport.says = {{"one:1", FakeTransport::body("")}, {"two:2", FakeTransport::body("")}};
  (void)call(router, request_of("echo", "get", {{"millrace-caller", "time.now"}}));
  const statekit::CallEvent event = last_call(router);
  CHECK(event.module == "echo");
  CHECK(event.verb == "get");
  CHECK(event.callers == std::vector<std::string>{"time.now"});
  CHECK(event.deployment == "dpl-1");
  CHECK(event.endpoint.starts_with("ept-"));
  CHECK(event.outcome == "ok");
  CHECK(event.request_bytes > 0);
  (void)call(router, request_of("echo", "absent"));
  CHECK(last_call(router).outcome == "unknown-verb");
  const std::string page = router.registry.text();
  CHECK(page.find(R"(millrace_routing_calls_total{outcome="ok",verb="echo.get"} 1)") !=
        std::string::npos);
  CHECK(page.find(R"(millrace_routing_calls_total{outcome="unknown-verb",verb=""} 1)") !=
        std::string::npos);
}
