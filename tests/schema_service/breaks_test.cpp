// The gate of compatibility: what deployed callers would be broken by is refused, accepted as it
// was listed and no further, and judged again when it takes effect.
#include "services/schema/breaks.hpp"
#include "support/catch.hpp"
#include "tests/schema_service/desk.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;

namespace {

constexpr const char* shop = R"(module shop {
  export data Order { total Int }
  export verb get(Unit) shop.Order
  verb page(builtin.HttpRequest<Unit, Unit, Unit>) builtin.HttpResponse<shop.Order, String>
    +ingress http GET /order
})";
constexpr const char* shop_in_text = R"(module shop {
  export data Order { total String }
  export verb get(Unit) shop.Order
  verb page(builtin.HttpRequest<Unit, Unit, Unit>) builtin.HttpResponse<shop.Order, String>
    +ingress http GET /order
})";
constexpr const char* shop_with_note = R"(module shop {
  export data Order { total Int note String? }
  export verb get(Unit) shop.Order
  verb page(builtin.HttpRequest<Unit, Unit, Unit>) builtin.HttpResponse<shop.Order, String>
    +ingress http GET /order
})";
constexpr const char* cart = R"(module cart {
  verb checkout(Unit) Unit
    +calls shop.get
})";
constexpr const char* audit = R"(module audit {
  verb look(Unit) Unit
    +calls shop.get
})";

const std::string over_http =
    "shop.Order.total: Int is now String [wider-type]: whoever sends GET /order";
const std::string of_cart =
    "shop.Order.total: Int is now String [wider-type]: cart.checkout calls shop.get";
const std::string of_audit =
    "shop.Order.total: Int is now String [wider-type]: audit.look calls shop.get";

constexpr const char* by_id = R"(module shop {
  data Path { id String }
  verb page(builtin.HttpRequest<Unit, shop.Path, Unit>) builtin.HttpResponse<Int, String>
    +ingress http GET /order/{id}
})";
std::string promo(const std::string& answer, const std::string& route) {
  return "module promo { export verb get(builtin.HttpRequest<Unit, Unit, Unit>)"
         " builtin.HttpResponse<" +
         answer + ", String>" + (route.empty() ? "" : " +ingress http " + route) + " }";
}

using test::Desk;
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a change that breaks deployed callers is refused with each of them") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  const statekit::Error error = desk.refused(desk.asked("b", {shop_in_text}));
  CHECK(error.code == statekit::Code::failed_precondition);
  CHECK(error.details == Lines{of_cart, over_http});
  desk.deploy("c", {shop_with_note});
}

TEST_CASE("who is deployed along with it is not broken") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  const std::string other_cart = "module cart { verb pay(Unit) Unit +calls shop.get }";
  const statekit::Error error = desk.refused(desk.asked("b", {shop_in_text, other_cart}));
  CHECK(error.details == Lines{over_http});
}

TEST_CASE("breaks that were listed are accepted and recorded and others are refused") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  service::CreateChangeset command = desk.asked("b", {shop_in_text});
  command.allow_breaking = true;
  command.accepted_breaks = {over_http};
  CHECK(desk.refused(command).details == Lines{of_cart});
  command.accepted_breaks = {over_http, of_cart};
  REQUIRE(desk.world.run(command, {"ada", "prices in text", 0, {}, {}}));
  const schema::Changeset* changeset = desk.world.state.changeset("chs-b");
  CHECK(changeset->accepted_breaks == Lines{of_cart, over_http});
  CHECK(changeset->author == "ada");
  CHECK(changeset->reason == "prices in text");
  CHECK(describe(desk.world.commits.back().events.front()) ==
        "changeset chs-b created with dpl-shop-b, accepting that it breaks " + of_cart + "; " +
            over_http);
  desk.serve(command);
  CHECK(desk.phase("b") == schema::ChangesetPhase::finalized);
}

TEST_CASE("without a list all breaks that there are now are accepted") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  service::CreateChangeset command = desk.asked("b", {shop_in_text});
  command.allow_breaking = true;
  REQUIRE(desk.world.run(command));
  CHECK(desk.world.state.changeset("chs-b")->accepted_breaks == Lines{of_cart, over_http});
}

TEST_CASE("a caller that comes between the changeset and its commit was not accepted") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  service::CreateChangeset command = desk.asked("b", {shop_in_text});
  command.allow_breaking = true;
  command.deadline_ms = 1'000'000;
  REQUIRE(desk.world.run(command));
  desk.deploy("c", {audit});
  desk.serve(command);
  CHECK(desk.phase("b") == schema::ChangesetPhase::failed);
  const std::string& why = desk.world.state.changeset("chs-b")->failure;
  CHECK(why.find(of_audit) != std::string::npos);
}

TEST_CASE("a module that is removed by its name takes its routes with it") {
  Desk desk;
  desk.deploy("a", {shop});
  service::CreateChangeset command = desk.asked("b", {});
  command.removed_modules = {"shop"};
  CHECK(desk.world.run(command));
}

TEST_CASE(
    "a new route that takes the requests of another module is refused until that is accepted") {
  Desk desk;
  desk.deploy("a", {by_id});
  const std::string taken =
      "shop.page: GET /order/best of promo.get answers requests that GET /order/{id} of shop.page "
      "answered [wider-type]: whoever sends GET /order/best";
  const std::string answers_text = promo("String", "GET /order/best");
  service::CreateChangeset command = desk.asked("b", {answers_text});
  const statekit::Error error = desk.refused(command);
  CHECK(error.code == statekit::Code::failed_precondition);
  CHECK(error.details == Lines{taken});
  command.allow_breaking = true;
  command.accepted_breaks = {taken};
  REQUIRE(desk.world.run(command));
  CHECK(desk.world.state.changeset("chs-b")->accepted_breaks == Lines{taken});
  desk.serve(command);
  CHECK(desk.phase("b") == schema::ChangesetPhase::finalized);
}

TEST_CASE("a new route that answers as the one whose requests it takes needs no word") {
  Desk desk;
  desk.deploy("a", {by_id});
  desk.deploy("b", {promo("Int", "GET /order/best")});
  // Nobody sees what is answered to HEAD, but a word that is no such parameter is refused.
  desk.deploy("c", {promo("String", "HEAD /order/best")});
}

TEST_CASE("a module that gives up its only route leaves the requests to that of another module") {
  Desk desk;
  desk.deploy("a", {by_id, promo("Int", "GET /order/best")});
  desk.deploy("b", {promo("Int", "")});
  const std::string alone =
      "promo.get: the route GET /best is gone [removed-route]: whoever sends GET /best";
  desk.deploy("c", {promo("Int", "GET /best")});
  service::CreateChangeset command = desk.asked("d", {promo("Int", "")});
  command.redeploy = true;
  CHECK(desk.refused(command).details == Lines{alone});
}

TEST_CASE("a plan tells what breaks whom and is not refused for it") {
  Desk desk;
  desk.deploy("a", {shop, cart});
  const auto before = desk.world.state.snapshot();
  const auto plan = service::plan(desk.world.state, {}, desk.asked("b", {shop_in_text}));
  REQUIRE(plan);
  CHECK(plan->judged.breaks == Lines{of_cart, over_http});
  REQUIRE(plan->judged.changes.size() == 1);
  CHECK(plan->judged.changes[0].place == "shop.Order.total");
  CHECK(plan->judged.hits[0].size() == 2);
  CHECK(desk.world.state.snapshot() == before);
}
