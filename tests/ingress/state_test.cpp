#include "services/ingress/state.hpp"

#include "support/catch.hpp"
#include "tests/ingress/routed.hpp"
#include "tests/routing/history.hpp"

namespace millrace::ingress {
namespace {

using test::commit_at;

schema::Deployment deployment(const std::string& key, const std::string& module,
                              const std::string& path) {
  schema::Deployment out = test::deployment_of(key, module, {});
  schema::Module with_route = *out.schema;
  with_route.verbs.push_back(test::verb_at("get", "GET", path));
  out.schema = std::make_shared<const schema::Module>(std::move(with_route));
  out.schema_digest = statekit::sha256(key);
  return out;
}

schema::Event created(const std::string& changeset, std::vector<schema::Deployment> deployments,
                      std::uint32_t percent = 0, std::vector<std::string> removed = {}) {
  schema::ChangesetCreated out;
  out.changeset.key = changeset;
  out.changeset.canary_percent = percent;
  out.changeset.removed_modules = std::move(removed);
  for (const auto& each : deployments) out.changeset.deployments.push_back(each.key);
  out.deployments = std::move(deployments);
  return out;
}

// Applies one commit after the other and asks for routes by their one segment.
struct Story {
  IngressState state;
  void commit(std::vector<schema::Event> events) {
    state.apply(commit_at(state.revision() + 1, std::move(events)));
  }
  std::string at(const std::string& segment, const std::string& side = {}) const {
    const Match match = state.routes(side).find("GET", {segment});
    return match.target == nullptr ? "none" : match.target->module;
  }
};

TEST_CASE("a route is there from the commit of its changeset on and not before") {
  Story story;
  story.commit({created("chs-1", {deployment("dpl-1", "echo", "/old")})});
  CHECK(story.at("old") == "none");
  story.commit({schema::ChangesetPrepared{"chs-1"}});
  CHECK(story.at("old") == "none");
  story.commit({schema::ChangesetCommitted{"chs-1", {}}});
  CHECK(story.at("old") == "echo");
  REQUIRE(story.state.module("", "echo") != nullptr);
  CHECK(story.state.module("", "echo")->key == "dpl-1");
}

TEST_CASE("G2: the routes of a replaced deployment go in the commit that brings the new ones") {
  Story story;
  story.commit({created("chs-1", {deployment("dpl-1", "echo", "/old")})});
  story.commit({schema::ChangesetCommitted{"chs-1", {}}});
  story.commit({created("chs-2", {deployment("dpl-2", "echo", "/new")})});
  CHECK(story.at("old") == "echo");
  story.commit({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  CHECK(story.at("old") == "none");
  CHECK(story.at("new") == "echo");
}

TEST_CASE("a removed module takes its routes with it") {
  Story story;
  story.commit({created("chs-1", {deployment("dpl-1", "echo", "/old")})});
  story.commit({schema::ChangesetCommitted{"chs-1", {}}});
  story.commit({created("chs-2", {}, 0, {"echo"})});
  story.commit({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  CHECK(story.at("old") == "none");
  CHECK(story.state.module("", "echo") == nullptr);
}

TEST_CASE("a canary side has its own routes and modules while it is prepared") {
  Story story;
  story.commit({created(
      "chs-1", {deployment("dpl-1", "echo", "/old"), deployment("dpl-2", "time", "/time")})});
  story.commit({schema::ChangesetCommitted{"chs-1", {}}});
  story.commit({created("chs-2", {deployment("dpl-3", "echo", "/new")}, 50)});
  CHECK(story.state.side_of(0).empty());
  story.commit({schema::ChangesetPrepared{"chs-2"}});
  CHECK(story.state.side_of(0) == "chs-2");
  CHECK(story.state.side_of(~std::uint64_t{0}).empty());
  CHECK(story.at("new", "chs-2") == "echo");
  CHECK(story.at("old", "chs-2") == "none");
  CHECK(story.at("time", "chs-2") == "time");
  CHECK(story.at("new") == "none");
  CHECK(story.state.module("chs-2", "echo")->key == "dpl-3");
  CHECK(story.state.module("chs-2", "time")->key == "dpl-2");
  CHECK(story.state.module("", "echo")->key == "dpl-1");
  story.commit({schema::ChangesetFailed{"chs-2", "late"}});
  CHECK(story.state.side_of(0).empty());
  CHECK(story.at("new", "chs-2") == "none");
  CHECK(story.at("old", "chs-2") == "echo");
}

TEST_CASE("a canary side follows what becomes canonical beside it") {
  Story story;
  story.commit({created("chs-1", {deployment("dpl-1", "echo", "/echo")}, 10)});
  story.commit({schema::ChangesetPrepared{"chs-1"}});
  story.commit({created("chs-2", {deployment("dpl-2", "time", "/time")})});
  CHECK(story.at("time", "chs-1") == "none");
  story.commit({schema::ChangesetCommitted{"chs-2", {}}});
  CHECK(story.at("time", "chs-1") == "time");
  CHECK(story.at("echo", "chs-1") == "echo");
}

TEST_CASE("endpoints do not make caches of types stale") {
  Story story;
  story.commit({created("chs-1", {deployment("dpl-1", "echo", "/echo")})});
  story.commit({schema::ChangesetCommitted{"chs-1", {}}});
  const auto before = story.state.schema_revision();
  schema::Endpoint endpoint;
  endpoint.id = "ept-1";
  endpoint.deployment = "dpl-1";
  story.commit({schema::EndpointRegistered{endpoint}});
  CHECK(story.state.schema_revision() == before);
  story.commit({schema::DeploymentsRemoved{{"dpl-1"}}});
  CHECK(story.state.schema_revision() == story.state.revision());
}

}  // namespace
}  // namespace millrace::ingress
