#include "services/routing/state.hpp"

#include "support/catch.hpp"
#include "tests/routing/history.hpp"

using namespace millrace;
using namespace millrace::routing;
using schema::Event;

namespace {

Event created(const std::string& changeset, std::vector<schema::Deployment> deployments,
              std::vector<std::string> removed = {}, std::uint32_t canary_percent = 0) {
  schema::ChangesetCreated out;
  out.changeset.key = changeset;
  out.changeset.canary_percent = canary_percent;
  out.changeset.removed_modules = std::move(removed);
  for (const auto& each : deployments) out.changeset.deployments.push_back(each.key);
  out.deployments = std::move(deployments);
  return out;
}

Event registered(const std::string& id, const std::string& deployment, bool healthy = true) {
  schema::Endpoint endpoint;
  endpoint.id = id;
  endpoint.deployment = deployment;
  endpoint.address = id + ":80";
  endpoint.healthy = healthy;
  return schema::EndpointRegistered{endpoint};
}

struct Story {
  RouteState state;
  void tell(std::vector<Event> events) {
    state.apply(test::commit_at(state.revision() + 1, std::move(events)));
  }
  // echo is deployed as dpl-1 with two endpoints.
  static Story with_echo() {
    Story out;
    out.tell({created("chs-1", {test::deployment_of("dpl-1", "echo", {"get", "put"})}),
              registered("ept-1", "dpl-1"), registered("ept-2", "dpl-1")});
    out.tell({schema::ChangesetPrepared{"chs-1"}});
    out.tell({schema::ChangesetCommitted{"chs-1", {}}});
    return out;
  }
  std::string deployment(const std::string& side = "") const {
    const auto found = state.route("echo", "get", side);
    const Route* route = std::get_if<Route>(&found);
    return route == nullptr ? "none" : std::string(route->deployment);
  }
  Miss miss(const std::string& module, const std::string& verb,
            const std::string& side = "") const {
    return std::get<Miss>(state.route(module, verb, side));
  }
};

}  // namespace

TEST_CASE("a call goes to the healthy endpoints of the canonical deployment") {
  Story story = Story::with_echo();
  const auto found = story.state.route("echo", "get", "");
  const Route& route = std::get<Route>(found);
  CHECK(route.deployment == "dpl-1");
  REQUIRE(route.targets.size() == 2);
  CHECK(route.targets[0] == Target{"ept-1", "ept-1:80"});
  CHECK(route.targets[1] == Target{"ept-2", "ept-2:80"});
}

TEST_CASE("unknown module and unknown verb and no endpoint are told apart") {
  Story story = Story::with_echo();
  CHECK(story.miss("absent", "get") == Miss::unknown_module);
  CHECK(story.miss("echo", "absent") == Miss::unknown_verb);
  story.tell(
      {schema::EndpointHealthChanged{"ept-1", false}, schema::EndpointRemoved{"ept-2", "left"}});
  CHECK(story.miss("echo", "get") == Miss::no_endpoint);
  story.tell({schema::EndpointHealthChanged{"ept-1", true}});
  CHECK(story.deployment() == "dpl-1");
}

TEST_CASE("a module is unknown until its changeset is committed") {
  Story story;
  story.tell({created("chs-1", {test::deployment_of("dpl-1", "echo", {"get"})}),
              registered("ept-1", "dpl-1")});
  CHECK(story.miss("echo", "get") == Miss::unknown_module);
  story.tell({schema::ChangesetPrepared{"chs-1"}});
  CHECK(story.miss("echo", "get") == Miss::unknown_module);
  story.tell({schema::ChangesetCommitted{"chs-1", {}}});
  CHECK(story.deployment() == "dpl-1");
}

TEST_CASE("G2: a deployment that was replaced gets no new calls from that very commit on") {
  Story story = Story::with_echo();
  story.tell({created("chs-2", {test::deployment_of("dpl-2", "echo", {"get"})}),
              registered("ept-3", "dpl-2"), schema::ChangesetPrepared{"chs-2"}});
  CHECK(story.deployment() == "dpl-1");
  story.tell({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  CHECK(story.deployment() == "dpl-2");
  CHECK(story.miss("echo", "put") == Miss::unknown_verb);
  CHECK(story.state.knows_endpoint("ept-1"));
}

TEST_CASE("a changeset that removes a module makes it unknown") {
  Story story = Story::with_echo();
  story.tell({created("chs-2", {}, {"echo"}), schema::ChangesetPrepared{"chs-2"}});
  CHECK(story.deployment() == "dpl-1");
  CHECK(story.miss("echo", "get", "chs-2") == Miss::unknown_module);
  story.tell({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  CHECK(story.miss("echo", "get") == Miss::unknown_module);
}

TEST_CASE(
    "a call that names a side takes it while the changeset is open and else the canonical one") {
  Story story = Story::with_echo();
  story.tell({created("chs-2", {test::deployment_of("dpl-2", "echo", {"get"})}),
              registered("ept-3", "dpl-2"), schema::ChangesetPrepared{"chs-2"}});
  CHECK(story.deployment("chs-2") == "dpl-2");
  CHECK(story.deployment("chs-9") == "dpl-1");
  story.tell({schema::ChangesetRollingBack{"chs-2", "late"}});
  CHECK(story.deployment("chs-2") == "dpl-1");
}

TEST_CASE("a canary takes its share and the same key keeps its side") {
  Story story = Story::with_echo();
  story.tell({created("chs-2", {test::deployment_of("dpl-2", "echo", {"get"})}, {}, 20)});
  CHECK(story.state.side_of(0).empty());
  story.tell({schema::ChangesetPrepared{"chs-2"}});
  int taken = 0;
  std::uint64_t key = 1;
  for (int i = 0; i < 10'000; ++i) {
    key = key * 6364136223846793005U + 1442695040888963407U;
    const std::string_view side = story.state.side_of(key);
    CHECK(side == story.state.side_of(key));
    taken += side == "chs-2" ? 1 : 0;
  }
  CHECK(taken > 1'800);
  CHECK(taken < 2'200);
  story.tell({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  CHECK(story.state.side_of(0).empty());
}

TEST_CASE("a whole canary takes every request and shares never overlap") {
  Story story = Story::with_echo();
  story.tell({created("chs-2", {test::deployment_of("dpl-2", "echo", {"get"})}, {}, 100),
              created("chs-3", {test::deployment_of("dpl-3", "time", {"now"})}, {}, 50),
              schema::ChangesetPrepared{"chs-2"}, schema::ChangesetPrepared{"chs-3"}});
  for (std::uint64_t key : {0ULL, 1ULL << 40, ~0ULL}) CHECK(story.state.side_of(key) == "chs-2");
}

TEST_CASE("an endpoint that registers again at another address is called there") {
  Story story = Story::with_echo();
  schema::Endpoint moved;
  moved.id = "ept-1";
  moved.deployment = "dpl-1";
  moved.address = "elsewhere:1";
  story.tell({schema::EndpointRegistered{moved}, schema::EndpointRemoved{"ept-2", "left"}});
  const auto found = story.state.route("echo", "get", "");
  CHECK(std::get<Route>(found).targets.front().address == "elsewhere:1");
}

TEST_CASE("endpoints go with their deployment") {
  Story story = Story::with_echo();
  story.tell({schema::DeploymentsRemoved{{"dpl-1"}}});
  CHECK_FALSE(story.state.knows_endpoint("ept-1"));
  CHECK(story.miss("echo", "get") == Miss::unknown_module);
  CHECK(story.state.digest() == 0);
}
