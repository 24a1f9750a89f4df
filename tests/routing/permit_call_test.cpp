// What a caller may not call never leaves the router, and what is exported is known from the
// schema.
#include "services/routing/permit.hpp"

#include "services/routing/service.hpp"
#include "support/catch.hpp"
#include "tests/routing/fakes.hpp"

using namespace millrace;
using namespace millrace::test;
using millrace::access::Caller;
using millrace::access::Role;

namespace {

// echo.open is exported within its realm, echo.wide to every realm, echo.inner not at all; one
// endpoint serves them. cart has none and only calls.
schema::Deployment in_realm(const std::string& realm, const std::string& module,
                            const std::vector<std::string>& verbs = {}) {
  schema::Deployment deployment = deployment_of("dpl-" + module, module, verbs);
  auto with_realm = std::make_shared<schema::Module>(*deployment.schema);
  with_realm->realm = realm;
  for (schema::Verb& verb : with_realm->verbs) {
    if (verb.name == "inner") verb.visibility = schema::Visibility::internal;
    if (verb.name == "wide") verb.visibility = schema::Visibility::exported_realm;
  }
  deployment.schema = std::move(with_realm);
  return deployment;
}

void deploy(Router& router, const std::string& realm_of_echo, const std::string& realm_of_cart) {
  schema::ChangesetCreated created;
  created.changeset.key = "chs-1";
  created.deployments = {in_realm(realm_of_echo, "echo", {"open", "inner", "wide"}),
                         in_realm(realm_of_cart, "cart")};
  for (const schema::Deployment& each : created.deployments)
    created.changeset.deployments.push_back(each.key);
  schema::Endpoint endpoint;
  endpoint.id = "ept-1";
  endpoint.deployment = "dpl-echo";
  endpoint.address = "one:1";
  router.tell(
      {created, schema::EndpointRegistered{endpoint}, schema::ChangesetCommitted{"chs-1", {}}});
  router.transport.says["one:1"] = FakeTransport::body("{}");
}

Answer answered(Router& router, Arrival arrival) {
  Answered taken;
  router.service->call(std::move(arrival), taken.taker());
  return taken.get();
}

Reason reason_of(Router& router, const std::string& verb, const Caller& caller) {
  Arrival arrival{Payload(request_of("echo", verb).SerializeAsString()), std::nullopt, {}};
  arrival.caller = caller;
  return answered(router, std::move(arrival)).reason;
}

// Where nobody is asked: as it says that it calls for.
Answer said_by(Router& router, const std::string& verb, const std::string& caller) {
  v2alpha1::CallRequest request = request_of("echo", verb, {{"millrace-caller", caller}});
  return answered(router, {Payload(request.SerializeAsString()), std::nullopt, {}});
}

const Caller cart{"cart-1", {{Role::service, {"cart"}}}, "token"};

}  // namespace

TEST_CASE("a call that its caller may not make never leaves the router") {
  Router router;
  deploy(router, "", "");
  CHECK(reason_of(router, "open", {"vera", {{Role::viewer, {}}}, "token"}) == Reason::forbidden);
  CHECK(reason_of(router, "inner", cart) == Reason::not_exported);
  CHECK(router.transport.sent.empty());
  CHECK(router.service->in_flight() == 0);
  CHECK(reason_of(router, "open", cart) == Reason::none);
  CHECK(router.transport.sent.size() == 1);
}

TEST_CASE("a verb that is not exported is one to the router, after a restart too") {
  Router router;
  deploy(router, "", "");
  CHECK(reason_of(router, "inner", cart) == Reason::not_exported);
  CHECK(reason_of(router, "wide", cart) == Reason::none);
  CHECK(reason_of(router, "inner", {"echo-1", {{Role::service, {"echo"}}}, "token"}) ==
        Reason::none);
  schema::Snapshot snapshot;
  snapshot.deployments = {in_realm("north", "echo", {"open", "inner", "wide"})};
  snapshot.deployments[0].phase = schema::DeploymentPhase::canonical;
  schema::Endpoint endpoint;
  endpoint.id = "ept-1";
  endpoint.deployment = "dpl-echo";
  snapshot.endpoints = {endpoint};
  RouteState restored;
  restored.restore(snapshot);
  const auto exported = [&](const std::string& verb) {
    const auto found = restored.route("echo", verb, "");
    REQUIRE(std::holds_alternative<Route>(found));
    const Route& route = std::get<Route>(found);
    CHECK(route.realm == "north");
    return std::pair(route.exported, route.exported_realm);
  };
  CHECK(exported("inner") == std::pair(false, false));
  CHECK(exported("open") == std::pair(true, false));
  CHECK(exported("wide") == std::pair(true, true));
}

TEST_CASE("what is exported within a realm is for its modules, and with `export realm` for all") {
  for (const auto& [of_echo, of_cart] : {std::pair{"north", "north"}, std::pair{"north", "south"},
                                         std::pair{"north", ""}, std::pair{"", "south"}}) {
    CAPTURE(of_echo, of_cart);
    Router router;
    deploy(router, of_echo, of_cart);
    const bool same = std::string(of_echo) == of_cart;
    const Reason within = same ? Reason::none : Reason::not_exported;
    CHECK(reason_of(router, "open", cart) == within);
    CHECK(reason_of(router, "wide", cart) == Reason::none);
    CHECK(reason_of(router, "inner", cart) == Reason::not_exported);
    const Answer open = said_by(router, "open", "cart.pay");
    CHECK(open.reason == within);
    if (!same) {
      CHECK(open.message ==
            "verb echo.open is not exported to other realms, so module cart cannot call it: write "
            "`export realm verb` in module echo");
    }
    CHECK(said_by(router, "wide", "cart.pay").reason == Reason::none);
    // A module that nobody knows is of no realm; people and what comes from outside are of all.
    CHECK(said_by(router, "open", "gone.pay").reason ==
          (of_echo[0] == 0 ? Reason::none : Reason::not_exported));
    CHECK(reason_of(router, "open", {"root", {{Role::admin, {}}}, "token"}) == Reason::none);
    CHECK(said_by(router, "open", "echo.open").reason == Reason::none);
  }
}
