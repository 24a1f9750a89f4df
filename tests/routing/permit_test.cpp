#include "services/routing/permit.hpp"

#include "support/catch.hpp"

using namespace millrace::routing;
using millrace::access::Caller;
using millrace::access::Role;

namespace {

// shop.VERB: open is exported, inner is not, page has a route and is not exported.
std::string verdict(const std::string& verb, const Caller* caller,
                    const std::vector<std::string>& chain = {}) {
  Route route;
  route.exported = verb == "open";
  route.from_http = verb == "page";
  const auto no = forbidden({"shop", verb, route}, caller, chain);
  return no ? std::string(name_of(no->reason)) : "ok";
}

std::string all(const Caller& caller) {
  return verdict("open", &caller) + " " + verdict("inner", &caller) + " " +
         verdict("page", &caller);
}

}  // namespace

TEST_CASE("where nobody is asked, a module that says it calls reaches only what others export") {
  CHECK(verdict("inner", nullptr) == "ok");
  CHECK(verdict("inner", nullptr, {"cart.pay"}) == "not-exported");
  CHECK(verdict("open", nullptr, {"cart.pay"}) == "ok");
  CHECK(verdict("inner", nullptr, {"cart.pay", "shop.open"}) == "ok");
  CHECK(verdict("inner", nullptr, {"shop.open", "cart.pay"}) == "not-exported");
  CHECK(verdict("inner", nullptr, {"shop"}) == "ok");
  CHECK(verdict("inner", nullptr, {""}) == "not-exported");
}

TEST_CASE("a module's verified identity counts, not whom it says to call for") {
  const Caller cart{"cart-1", {{Role::service, {"cart"}}}, "token"};
  CHECK(all(cart) == "ok not-exported not-exported");
  CHECK(verdict("inner", &cart, {"shop.open"}) == "not-exported");
  const Caller shop{"shop-1", {{Role::service, {"shop"}}}, "token"};
  CHECK(all(shop) == "ok ok ok");
}

TEST_CASE("what comes from outside over HTTP reaches verbs with a route only") {
  CHECK(all({"millrace", {{Role::service, {}}}, "process"}) == "forbidden forbidden ok");
}

TEST_CASE("people call what their roles let them") {
  CHECK(all({"ada", {{Role::admin, {}}}, "token"}) == "ok ok ok");
  CHECK(all({"ada", {{Role::operator_, {}}}, "token"}) == "ok ok ok");
  CHECK(all({"ada", {{Role::deployer, {"shop*"}}}, "token"}) == "ok ok ok");
  CHECK(all({"ada", {{Role::deployer, {"cart"}}}, "token"}) == "forbidden forbidden forbidden");
  CHECK(all({"ada", {{Role::viewer, {}}}, "token"}) == "forbidden forbidden forbidden");
  CHECK(all({"ada", {}, "token"}) == "forbidden forbidden forbidden");
  // Who deploys a module and serves another.
  CHECK(all({"ada", {{Role::deployer, {"cart"}}, {Role::service, {"cart"}}}, "token"}) ==
        "ok not-exported not-exported");
}
