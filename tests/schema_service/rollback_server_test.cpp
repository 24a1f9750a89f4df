// PlanRollback and RollbackTo over real gRPC, with the service's own journal.
#include "support/eventually.hpp"
#include "tests/schema_service/running.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;

namespace {

constexpr const char* text = "module shop { export data T { a String } config limit shop.T }";
constexpr const char* number = "module shop { export data T { a Int } config limit shop.T }";
constexpr const char* later = "module later { data T { a Int } }";

// What is deployed here has no verbs, so nobody has to start it. The value of a config is what
// breaks.
struct Shop {
  test::Running running;
  test::Client& client = running.client();
  std::uint64_t then = 0;

  Shop() {
    deploy(text);
    then = head();
    deploy(number);
    v2::ChangeConfigRequest request;
    auto& change = *request.add_changes();
    change.set_module("shop");
    change.set_name("limit");
    change.set_json(R"({"a":1})");
    REQUIRE(client.call(&Stub::ChangeConfig, request).ok());
  }
  void deploy(const std::string& schema) {
    const auto made = client.deploy(schema);
    REQUIRE(made.ok());
    REQUIRE(client.reaches(made->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  }
  std::uint64_t head() { return client.status()->head().revision(); }
  v2::RollbackToRequest back() const {
    v2::RollbackToRequest request;
    request.set_revision(then);
    return request;
  }
};

}  // namespace

TEST_CASE("a rollback is planned, refused with what was not accepted, and done with what was") {
  Shop shop;
  const std::uint64_t before = shop.head();
  v2::RollbackToRequest request = shop.back();
  const auto plan = shop.client.call(&Stub::PlanRollback, request);
  REQUIRE(plan.ok());
  REQUIRE(plan->plan_size() == 1);
  CHECK(contains(plan->plan(0), "module shop "));
  CHECK(plan->changeset().empty());
  CHECK(plan->position().revision() == before);
  REQUIRE(plan->breaks_size() == 1);
  CHECK(contains(plan->breaks(0), "[stored-value]: the value of config shop.limit"));
  REQUIRE(plan->changes_size() > 0);
  CHECK(plan->changes(0).place() == "shop.T.a");

  const auto refused = shop.client.call(&Stub::RollbackTo, request);
  CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(contains(refused.status.error_message(), plan->breaks(0)));
  request.set_allow_breaking(true);
  request.add_accepted_breaks("another one");
  CHECK(contains(shop.client.call(&Stub::RollbackTo, request).status.error_message(),
                 "that came since"));
  CHECK(shop.head() == before);

  request.set_accepted_breaks(0, plan->breaks(0));
  const auto done = shop.client.call(&Stub::RollbackTo, request);
  REQUIRE(done.ok());
  CHECK(shop.client.reaches(done->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const auto changeset = shop.client.changeset(done->changeset());
  REQUIRE(changeset->changeset().accepted_breaks_size() == 1);
  CHECK(changeset->changeset().accepted_breaks(0) == plan->breaks(0));
}

TEST_CASE("a plan names what would come back, and says where nothing would change") {
  Shop shop;
  shop.then = shop.head();
  shop.deploy(later);
  const auto plan = shop.client.call(&Stub::PlanRollback, shop.back());
  REQUIRE(plan.ok());
  REQUIRE(plan->plan_size() == 1);
  CHECK(contains(plan->plan(0), "module later is removed with dpl-later-"));
  shop.then = shop.head();
  const auto none = shop.client.call(&Stub::PlanRollback, shop.back());
  REQUIRE(none.ok());
  CHECK(none->plan_size() == 0);
}

TEST_CASE("a rollback to no revision, or one to come, is neither planned nor done") {
  test::Running running;
  v2::RollbackToRequest request;
  for (const auto method : {&Stub::PlanRollback, &Stub::RollbackTo}) {
    request.set_revision(0);
    CHECK(running.client().call(method, request).status.error_code() ==
          grpc::StatusCode::INVALID_ARGUMENT);
    request.set_revision(9'999);
    const auto early = running.client().call(method, request);
    CHECK(early.status.error_code() == grpc::StatusCode::NOT_FOUND);
    CHECK(contains(early.status.error_message(), "there is no revision 9999 yet"));
  }
}
