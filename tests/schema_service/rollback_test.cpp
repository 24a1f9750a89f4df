// Back to a revision: what that would do is told first, and what it breaks is accepted as it was
// listed and no further, as for a deploy.
#include "support/catch.hpp"
#include "tests/schema_service/desk.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;

namespace {

using Lines = std::vector<std::string>;

std::string shop(const std::string& total, const std::string& more = "") {
  return "module shop { export data Order { total " + total +
         " } export verb get(Unit) shop.Order" +
         " verb page(builtin.HttpRequest<Unit, Unit, Unit>)" +
         " builtin.HttpResponse<shop.Order, String> +ingress http GET /order " + more + " }";
}
std::string page(const std::string& module, const std::string& path) {
  return "module " + module + " { verb show(builtin.HttpRequest<Unit, Unit, Unit>)" +
         " builtin.HttpResponse<String, String> +ingress http GET " + path + " }";
}
const std::string list =
    "verb list(builtin.HttpRequest<Unit, Unit, Unit>) builtin.HttpResponse<String, String>"
    " +ingress http GET /orders";

std::string calling(const std::string& module) {
  return "module " + module + " { verb go(Unit) Unit +calls shop.get }";
}

const std::string over_http =
    "shop.Order.total: Float is now String [wider-type]: whoever sends GET /order";
const std::string of_cart =
    "shop.Order.total: Float is now String [wider-type]: cart.go calls shop.get";
const std::string of_audit =
    "shop.Order.total: Float is now String [wider-type]: audit.go calls shop.get";
const std::string of_list =
    "shop.list: the route GET /orders is gone [removed-route]: whoever sends GET /orders";

// Revision `then` had totals in text; now they are numbers, and cart was there all the time.
struct Desk : test::Desk {
  statekit::Revision then = 0;

  Desk() {
    deploy("a", {shop("String"), calling("cart")});
    then = world.state.revision();
    accepting("b", {shop("Float")});
  }
  void accepting(const std::string& key, const std::vector<std::string>& texts) {
    service::CreateChangeset command = asked(key, texts);
    command.allow_breaking = true;
    REQUIRE(world.run(command));
    serve(command);
    REQUIRE(phase(key) == schema::ChangesetPhase::finalized);
  }
  // What is to come back still runs.
  service::RollbackTo back(const std::string& key, const Lines& accepted = {}) {
    if (world.state.live_endpoints_of("dpl-shop-a") == 0)
      REQUIRE(world.run(
          service::RegisterEndpoint{"dpl-shop-a", "127.0.0.1:9001", "q", "ept-again-" + key}));
    service::RollbackTo command = world.rollback_to(then, key);
    command.request.allow_breaking = !accepted.empty();
    command.request.accepted_breaks = accepted;
    return command;
  }
  statekit::Error refused(const service::RollbackTo& command) {
    const auto answer = world.run(command);
    REQUIRE(!answer);
    return answer.error();
  }
};

}  // namespace

TEST_CASE("a rollback that breaks deployed callers is refused with each, and says what to write") {
  Desk desk;
  const statekit::Error error = desk.refused(desk.back("c"));
  CHECK(error.code == statekit::Code::failed_precondition);
  CHECK(error.details == Lines{of_cart, over_http});
  const std::string command = "`millrace rollback " + std::to_string(desk.then);
  CHECK(error.message.find("in 2 breaks") != std::string::npos);
  CHECK(error.message.find(command + " --plan`") != std::string::npos);
  CHECK(error.message.find(command + " --allow-breaking`") != std::string::npos);
}

TEST_CASE("a rollback breaks what was listed and accepted, and is recorded with it") {
  Desk desk;
  const statekit::Error error = desk.refused(desk.back("c", {over_http}));
  CHECK(error.details == Lines{of_cart});
  CHECK(error.message.find("1 break that came since") != std::string::npos);
  REQUIRE(desk.world.run(desk.back("c", {of_cart, over_http}), {"ada", "too early", 0, {}, {}}));
  CHECK(desk.world.state.changeset("chs-c")->accepted_breaks == Lines{of_cart, over_http});
  desk.world.settle();
  desk.world.pass(60'000);
  CHECK(desk.phase("c") == schema::ChangesetPhase::finalized);
  CHECK(desk.world.state.canonical("shop")->key == "dpl-shop-a");
}

TEST_CASE("a break that comes between the plan of a rollback and the rollback refuses it") {
  Desk desk;
  const auto plan = service::plan(desk.world.state, {}, desk.back("c"));
  REQUIRE(plan);
  desk.deploy("d", {shop("Float", list)});
  CHECK(desk.refused(desk.back("c", plan->judged.breaks)).details == Lines{of_list});
}

TEST_CASE("a caller that comes between a rollback and its commit was not accepted") {
  Desk desk;
  service::RollbackTo command = desk.back("c", {of_cart, over_http});
  command.request.hold = true;
  REQUIRE(desk.world.run(command));
  desk.world.settle();
  desk.deploy("d", {calling("audit")});
  const auto committed = desk.world.run(service::CommitChangeset{"chs-c"});
  REQUIRE(!committed);
  CHECK(committed.error().details == Lines{of_audit});
}

TEST_CASE("the plan of a rollback tells what it would do, and changes nothing") {
  Desk desk;
  desk.deploy("d", {page("news", "/news")});
  const service::RollbackTo command = desk.back("c");
  const auto before = desk.world.state.snapshot();
  const auto plan = service::plan(desk.world.state, {}, command);
  REQUIRE(plan);
  CHECK(plan->lines == Lines{"module shop comes back: dpl-shop-a replaces dpl-shop-b",
                             "module news is removed with dpl-news-d"});
  CHECK(plan->kept == Lines{"dpl-shop-a"});
  CHECK(plan->judged.breaks.size() == 3);
  CHECK(plan->judged.changes.size() == plan->judged.hits.size());
  CHECK(desk.world.state.snapshot() == before);
}

// Whoever removes a module by its name knows of its routes; a rollback names nothing.
TEST_CASE("the routes of a module that came later are broken by a rollback unless accepted") {
  test::Desk desk;
  desk.deploy("a", {page("old", "/old")});
  const statekit::Revision then = desk.world.state.revision();
  desk.deploy("b", {page("news", "/news")});
  service::RollbackTo command = desk.world.rollback_to(then, "c");
  const auto answer = desk.world.run(command);
  REQUIRE(!answer);
  const std::string gone =
      "news.show: the route GET /news is gone [removed-route]: whoever sends GET /news";
  CHECK(answer.error().details == Lines{gone});
  command.request.allow_breaking = true;
  command.request.accepted_breaks = {gone};
  REQUIRE(desk.world.run(command));
  desk.world.settle();
  desk.world.pass(60'000);
  CHECK(desk.phase("c") == schema::ChangesetPhase::finalized);
  CHECK(desk.world.state.canonical("news") == nullptr);
}

TEST_CASE("the plan of a rollback is refused as the rollback is where builds must be started") {
  Desk desk;
  REQUIRE(desk.world.state.live_endpoints_of("dpl-shop-a") == 0);
  const service::RollbackTo command = desk.world.rollback_to(desk.then, "c");
  const auto plan = service::plan(desk.world.state, {}, command);
  REQUIRE(!plan);
  const statekit::Error error = desk.refused(command);
  CHECK(plan.error().code == statekit::Code::failed_precondition);
  CHECK(plan.error().message == error.message);
  CHECK(plan.error().details == error.details);
  REQUIRE(error.details.size() == 1);
  CHECK(error.details[0].find("start build b again") != std::string::npos);
}

TEST_CASE("the plan of a rollback to what is so already is empty") {
  Desk desk;
  desk.then = desk.world.state.revision();
  const auto plan = service::plan(desk.world.state, {}, desk.back("c"));
  REQUIRE(plan);
  CHECK(plan->lines.empty());
  CHECK(plan->events.empty());
  CHECK(plan->judged.changes.empty());
}
