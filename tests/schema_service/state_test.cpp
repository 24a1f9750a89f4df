#include "services/schema/state.hpp"

#include "schema/change_codec.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace test = millrace::test;
using service::State;

namespace {

void fold(State& state, std::vector<schema::Event> events) {
  state.apply({{state.revision() + 1, 1000, "ada", "why"}, std::move(events)});
}

schema::ChangesetCreated created(const std::string& key,
                                 std::vector<schema::Deployment> deployments) {
  schema::ChangesetCreated event;
  event.changeset.key = key;
  for (schema::Deployment& deployment : deployments) {
    deployment.changeset = key;
    event.changeset.deployments.push_back(deployment.key);
  }
  event.deployments = std::move(deployments);
  return event;
}

State with_canonical_echo() {
  State state;
  const auto echo = test::deployment_of(test::module_with("echo"), "1");
  fold(state, {created("chs-1", {echo})});
  fold(state, {schema::ChangesetPrepared{"chs-1"}});
  fold(state, {schema::ChangesetCommitted{"chs-1", {}}});
  return state;
}

}  // namespace

TEST_CASE("revisions are set by the commit and not by the event") {
  State state = with_canonical_echo();
  CHECK(state.changeset("chs-1")->created_revision == 1);
  CHECK(state.changeset("chs-1")->phase_revision == 3);
  CHECK(state.changeset("chs-1")->created_ms == 1000);
  CHECK(state.deployment(test::key_of("echo", "1"))->created_revision == 1);
}

TEST_CASE("a module has no canonical deployment until its changeset is committed") {
  State state;
  fold(state, {created("chs-1", {test::deployment_of(test::module_with("echo"), "1")})});
  CHECK(state.canonical("echo") == nullptr);
  REQUIRE(state.holder_of("echo") != nullptr);
  fold(state, {schema::ChangesetCommitted{"chs-1", {}}});
  REQUIRE(state.canonical("echo") != nullptr);
  CHECK(state.canonical("echo")->phase == schema::DeploymentPhase::canonical);
  CHECK(state.holder_of("echo") == nullptr);
}

TEST_CASE("G2: all modules of a changeset become canonical at one revision") {
  State state;
  fold(state, {created("chs-1", {test::deployment_of(test::module_with("echo"), "1"),
                                 test::deployment_of(test::module_with("time"), "1")})});
  CHECK(state.canonical_keys().empty());
  fold(state, {schema::ChangesetCommitted{"chs-1", {}}});
  CHECK(state.canonical_keys().size() == 2);
}

TEST_CASE("a removed module has no canonical deployment and its build counts as superseded") {
  State state = with_canonical_echo();
  schema::ChangesetCreated removal;
  removal.changeset.key = "chs-2";
  removal.changeset.removed_modules = {"echo"};
  fold(state, {removal});
  REQUIRE(state.canonical("echo") != nullptr);
  const std::string key = state.canonical("echo")->key;
  fold(state, {schema::ChangesetCommitted{"chs-2", {key}}});
  CHECK(state.canonical("echo") == nullptr);
  CHECK(state.deployment(key)->phase == schema::DeploymentPhase::draining);
  CHECK(state.superseded(service::build_of(*state.deployment(key))) != nullptr);
  fold(state, {schema::ChangesetFinalized{"chs-2"}});
  CHECK(state.deployment(key)->phase == schema::DeploymentPhase::retired);
}

TEST_CASE("a deployment goes together with its endpoints") {
  State state = with_canonical_echo();
  const std::string key = test::key_of("echo", "1");
  fold(state, {schema::EndpointRegistered{{"ept-1", key, "a:1", "p", true, true, 0}}});
  REQUIRE(state.live_endpoints_of(key) == 1);
  CHECK(state.endpoint("ept-1")->registered_revision == 4);
  fold(state, {schema::DeploymentsRemoved{{key}}});
  CHECK(state.deployment(key) == nullptr);
  CHECK(state.endpoint("ept-1") == nullptr);
  CHECK(state.endpoints_of(key).empty());
  CHECK(state.canonical("echo") == nullptr);
}

TEST_CASE("G8: requests are remembered for a hundred thousand commits and no longer") {
  State state;
  fold(state, {schema::RequestRemembered{"ada", "t", {}}});
  while (state.revision() < service::requests_kept_commits) fold(state, {});
  CHECK(state.remembered({"ada", "t"}) != nullptr);
  fold(state, {});
  CHECK(state.remembered({"ada", "t"}) == nullptr);
  CHECK(state.snapshot().requests.empty());
}

TEST_CASE("G8: only so many ended changesets are kept, the newest of them") {
  State state;
  for (std::size_t i = 0; i <= service::ended_changesets_max; ++i) {
    const std::string key = "chs-" + std::to_string(i);
    fold(state, {created(key, {}), schema::ChangesetFailed{key, "no"}});
  }
  CHECK(state.changesets().size() == service::ended_changesets_max);
  CHECK(state.changeset("chs-0") == nullptr);
  CHECK(state.changeset("chs-1") != nullptr);
}

TEST_CASE("an event about what is not there changes nothing but the revision") {
  State state;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    test::RandomChanges random(seed);
    for (std::size_t kind = 1; kind < 11; ++kind) {
      if (kind == 8) continue;  // a registration always adds
      fold(state, {random.event(kind)});
    }
  }
  CHECK(state.deployments().empty());
  CHECK(state.changesets().empty());
  CHECK(state.endpoints().empty());
  CHECK(state.digest() == State{}.digest());
}

TEST_CASE("the digest tells states apart, whatever the order in which they came about") {
  State one;
  State other;
  const auto a = schema::EndpointRegistered{{"ept-a", "d", "a:1", "p", true, true, 0}};
  const auto b = schema::EndpointRegistered{{"ept-b", "d", "b:1", "p", true, true, 0}};
  fold(one, {a, b});
  fold(other, {b, a});
  CHECK(one.digest() == other.digest());
  fold(one, {schema::EndpointHealthChanged{"ept-a", false}});
  CHECK(one.digest() != other.digest());
  fold(one, {schema::EndpointHealthChanged{"ept-a", true}});
  CHECK(one.digest() == other.digest());
}

TEST_CASE("deployments of a module are told from those of another that begins alike") {
  State state;
  fold(state, {created("chs-1", {test::deployment_of(test::module_with("echo"), "1"),
                                 test::deployment_of(test::module_with("echo2"), "1")})});
  CHECK(state.deployments_of("echo").size() == 1);
  CHECK(state.deployments_of("ech").empty());
}

TEST_CASE("a deployment stands from its preparing on until it is replaced or has failed") {
  State state;
  const auto first = test::deployment_of(test::module_with("echo"), "1");
  const auto second = test::deployment_of(test::module_with("echo"), "2");
  fold(state, {created("chs-1", {first}), schema::ChangesetCommitted{"chs-1", {}}});
  fold(state, {created("chs-2", {second})});
  CHECK(state.standing_of("echo").size() == 2);
  State restored;
  restored.restore(state.snapshot());
  CHECK(restored == state);
  fold(state, {schema::ChangesetFailed{"chs-2", "over"}});
  REQUIRE(state.standing_of("echo").size() == 1);
  CHECK(state.standing_of("echo")[0]->key == first.key);
  fold(state, {schema::DeploymentsRemoved{{first.key, second.key}}});
  CHECK(state.standing_of("echo").empty());
}
