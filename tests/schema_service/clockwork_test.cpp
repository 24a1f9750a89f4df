#include <cstdint>
#include <set>
#include <string>

#include "services/schema/leases.hpp"
#include "services/schema/probes.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"
#include "tests/schema_service/world.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace test = millrace::test;

namespace {

service::State with_endpoint(bool leased, bool healthy) {
  service::State state;
  const auto echo = test::deployment_of(test::module_with("echo"), "1");
  schema::ChangesetCreated created;
  created.changeset.key = "chs-1";
  created.changeset.deployments = {echo.key};
  created.deployments = {echo};
  state.apply(
      {{1, 0, "", ""},
       {created, schema::EndpointRegistered{{"ept-1", echo.key, "h:1", "p", leased, healthy, 0}}}});
  return state;
}

void set_health(service::State& state, bool healthy) {
  state.apply(
      {{state.revision() + 1, 0, "", ""}, {schema::EndpointHealthChanged{"ept-1", healthy}}});
}

}  // namespace

TEST_CASE("the first answer of a fixed endpoint counts at once") {
  const service::State state = with_endpoint(false, false);
  service::Probes probes;
  const auto sent = probes.tick(state, 0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].address == "h:1");
  CHECK(probes.tick(state, 1).empty());  // one at a time
  CHECK_FALSE(probes.on_result(state, "ept-1", false, 10));
  CHECK(probes.tick(state, 100).empty());
  REQUIRE(probes.tick(state, 210).size() == 1);
  const auto up = probes.on_result(state, "ept-1", true, 220);
  REQUIRE(up);
  CHECK(std::get<service::SetEndpointHealth>(*up).healthy);
}

TEST_CASE("a fixed endpoint goes down after three failures and comes back after two answers") {
  service::State state = with_endpoint(false, true);
  service::Probes probes({10, 10, 0, 3, 2, 64});
  std::vector<bool> changes;
  millrace::statekit::MonoMs now = 0;
  for (const bool answered : {false, false, true, false, false, false, true, true}) {
    now += 10;
    REQUIRE(probes.tick(state, now).size() == 1);
    const auto change = probes.on_result(state, "ept-1", answered, now);
    changes.push_back(change.has_value());
    if (change) set_health(state, std::get<service::SetEndpointHealth>(*change).healthy);
  }
  CHECK(changes == std::vector<bool>{false, false, false, false, false, true, false, true});
}

TEST_CASE("G8: a fixed endpoint that flaps changes no more often than its rate limit") {
  service::State state = with_endpoint(false, true);
  service::Probes probes({10, 10, 1000, 1, 1, 64});
  int changes = 0;
  for (millrace::statekit::MonoMs now = 0; now < 4000; now += 10) {
    REQUIRE(probes.tick(state, now).size() == 1);
    const auto change = probes.on_result(state, "ept-1", now % 20 == 0, now);
    if (!change) continue;
    ++changes;
    set_health(state, std::get<service::SetEndpointHealth>(*change).healthy);
  }
  CHECK(changes >= 2);
  CHECK(changes <= 4);
}

TEST_CASE("leased endpoints are not probed and fixed ones do not expire") {
  service::Probes probes;
  CHECK(probes.tick(with_endpoint(true, true), 0).empty());
  service::Leases leases(100);
  const service::State state = with_endpoint(false, true);
  for (millrace::statekit::MonoMs now = 0; now < 1000; now += 40)
    CHECK(leases.tick(state, now).empty());
}

TEST_CASE("an endpoint that is heard from never expires") {
  const service::State state = with_endpoint(true, true);
  service::Leases leases(100);
  for (millrace::statekit::MonoMs now = 0; now < 1000; now += 40) {
    leases.renew("ept-1", now);
    CHECK(leases.tick(state, now).empty());
  }
}

TEST_CASE("an expiry names the registration that it saw and does not touch a newer one") {
  test::World world;
  world.state = with_endpoint(true, true);
  REQUIRE(world.run(service::RemoveEndpoint{"ept-1", 0, "expired"})->events.empty());
  REQUIRE(world.run(service::RemoveEndpoint{"ept-1", 1, "expired"})->events.size() == 1);
}

TEST_CASE("facts about a phase that is over lead to nothing") {
  test::World world;
  world.state = with_endpoint(true, true);
  CHECK(world.run(service::Advance{"chs-1", 0, 1 << 30, true, true})->events.empty());
  CHECK_FALSE(world.run(service::Advance{"chs-1", 1, 0, true, true})->events.empty());
}

TEST_CASE("a rollout does not repeat itself while its command is under way") {
  service::State state = with_endpoint(true, true);
  service::Rollout rollout;
  CHECK(rollout.tick(state, 0, {}).size() == 1);
  CHECK(rollout.tick(state, 500, {}).empty());
  CHECK(rollout.tick(state, 1000, {}).size() == 1);
}

namespace {

// Many deployments that have failed, and a rollout that looks at them.
struct FailedOnes {
  static constexpr std::size_t many = 1'050;
  service::State state;
  service::RolloutTimes times;
  service::Rollout rollout{times};

  std::string fail_one(std::size_t number) {
    const std::string changeset = "chs-" + std::to_string(number);
    schema::ChangesetCreated created;
    created.changeset.key = changeset;
    created.deployments = {
        test::deployment_of(test::module_with("m" + std::to_string(number)), "1")};
    created.changeset.deployments = {created.deployments[0].key};
    state.apply(
        {{state.revision() + 1, 0, "", ""}, {created, schema::ChangesetFailed{changeset, "over"}}});
    return created.deployments[0].key;
  }
  // As long as it takes to look at all of them once.
  std::int64_t round_ms() const {
    return static_cast<std::int64_t>(many / times.looked_at_once + 1) * times.look_every_ms;
  }
  // What is removed in a round that begins at `begin`: each once, and not too many at once.
  std::set<std::string> removed_from(std::int64_t begin) {
    std::set<std::string> removed;
    for (std::int64_t now = begin; now < begin + round_ms(); now += 5) {
      for (const service::Command& command : rollout.tick(state, now, {})) {
        const auto& keys = std::get<service::RemoveDeployments>(command).deployments;
        CHECK(keys.size() <= times.looked_at_once);
        for (const std::string& key : keys) CHECK(removed.insert(key).second);
      }
    }
    return removed;
  }
};

}  // namespace

TEST_CASE("each of many that have failed goes after its window, some at each look") {
  FailedOnes world;
  const std::int64_t window = world.times.rollback_window_ms;
  std::set<std::string> early;
  for (std::size_t i = 0; i < world.many; ++i) early.insert(world.fail_one(i));
  CHECK(world.removed_from(0).empty());
  const std::string late = world.fail_one(world.many);
  CHECK(world.removed_from(world.round_ms()).empty());
  CHECK(world.removed_from(window - world.round_ms()).empty());
  CHECK(world.removed_from(window) == early);
  // All of them are asked for again, since none has gone; the late one now as well.
  CHECK(world.removed_from(window + world.round_ms()).contains(late));
}

TEST_CASE("a deployment that went and comes again has a window of its own") {
  FailedOnes world;
  const std::int64_t window = world.times.rollback_window_ms;
  const std::string first = world.fail_one(0);
  for (std::size_t i = 1; i < world.many; ++i) world.fail_one(i);
  CHECK(world.removed_from(0).empty());
  const service::State before = world.state;
  world.state.apply(
      {{world.state.revision() + 1, 0, "", ""}, {schema::DeploymentsRemoved{{first}}}});
  CHECK(world.removed_from(10'000).empty());
  world.state = before;
  CHECK(world.removed_from(20'000).empty());
  CHECK_FALSE(world.removed_from(window + 10'000).contains(first));
  CHECK(world.removed_from(window + 20'000 + world.round_ms()).contains(first));
}

TEST_CASE("a changeset is drained once every live router has it and nothing can be in flight") {
  test::World world;
  world.state = with_endpoint(true, true);
  const std::string key = test::key_of("echo", "1");
  world.state.apply({{2, 0, "", ""}, {schema::ChangesetCommitted{"chs-1", {}}}});
  world.followers = {{"routing", true, 1}, {"routing", false, 0}, {"ingress", true, 0}};
  CHECK(world.settle().empty());
  world.followers[0].revision = 2;
  CHECK(world.settle().size() == 2);  // drained, finalized
}
