#include "schema/change.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"

namespace schema = millrace::schema;
namespace test = millrace::test;

TEST_CASE("a changeset is active until it is finalized or failed") {
  using Phase = schema::ChangesetPhase;
  for (const Phase phase :
       {Phase::preparing, Phase::prepared, Phase::committed, Phase::drained, Phase::rolling_back})
    CHECK(schema::is_active(phase));
  CHECK_FALSE(schema::is_active(Phase::finalized));
  CHECK_FALSE(schema::is_active(Phase::failed));
}

TEST_CASE("deployments are equal by the value of their module") {
  const schema::Deployment one = test::deployment_of(test::module_with("echo"), "1");
  schema::Deployment other = test::deployment_of(test::module_with("echo"), "1");
  REQUIRE(one.schema != other.schema);
  CHECK(one == other);
  other.schema = std::make_shared<const schema::Module>(test::module_with("echo", {"other"}));
  CHECK_FALSE(one == other);
  other.schema = nullptr;
  CHECK_FALSE(one == other);
}

TEST_CASE("an event is described in one line that names what it is about") {
  const schema::Deployment echo = test::deployment_of(test::module_with("echo"), "1");
  schema::Changeset changeset;
  changeset.key = "chs-1";
  changeset.removed_modules = {"time"};
  CHECK(schema::describe(schema::ChangesetCreated{changeset, {echo}}) ==
        "changeset chs-1 created with dpl-echo-0000000001, removal of time");
  CHECK(schema::describe(schema::ChangesetRollingBack{"chs-1", "no endpoint in time"}) ==
        "changeset chs-1 rolls back: no endpoint in time");
  CHECK(schema::describe(schema::ChangesetFailed{"chs-1", ""}) == "changeset chs-1 failed");
}

TEST_CASE("a token is not shown in the description of its request") {
  CHECK(schema::describe(schema::RequestRemembered{"ada", "t0ken", {}}) ==
        "request of ada remembered");
}

TEST_CASE("the modules of an event come from what it carries and from deployment keys") {
  const schema::Deployment echo = test::deployment_of(test::module_with("echo"), "1");
  schema::Changeset changeset;
  changeset.removed_modules = {"time"};
  using Names = std::vector<std::string>;
  CHECK(schema::modules_of(schema::ChangesetCreated{changeset, {echo}}) == Names{"echo", "time"});
  CHECK(schema::modules_of(schema::DeploymentsRemoved{{echo.key, echo.key, "odd"}}) ==
        Names{"echo"});
  schema::Endpoint endpoint;
  endpoint.deployment = test::key_of("my_module", "9");
  CHECK(schema::modules_of(schema::EndpointRegistered{endpoint}) == Names{"my_module"});
  CHECK(schema::modules_of(schema::ChangesetPrepared{"chs-1"}).empty());
}
