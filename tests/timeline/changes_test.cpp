#include "services/timeline/changes.hpp"

#include "services/schema/state.hpp"

#include "support/catch.hpp"
#include "tests/routing/history.hpp"

using namespace millrace;
using namespace millrace::timeline;
using namespace millrace::statekit;

namespace {

// "changeset chs-1 prepared [echo]", "deployment dpl-1 of echo canonical"
std::string text_of(const TimelineEvent& event) {
  if (const auto* changeset = std::get_if<ChangesetEvent>(&event.what)) {
    std::string out = "changeset " + changeset->changeset + " " + changeset->phase;
    for (const std::string& module : changeset->modules) out += " " + module;
    return changeset->reason.empty() ? out : out + " because " + changeset->reason;
  }
  const auto& deployment = std::get<DeploymentEvent>(event.what);
  std::string out =
      "deployment " + deployment.deployment + " of " + deployment.module + " " + deployment.what;
  return deployment.endpoint.empty() ? out : out + " " + deployment.endpoint;
}

struct Story {
  ChangeState state;
  std::vector<std::string> tell(std::vector<schema::Event> events) {
    const Revision before = state.revision();
    state.apply(test::commit_at(before + 1, std::move(events)));
    std::vector<std::string> out;
    for (const TimelineEvent& event : state.events_after(before)) {
      CHECK(event.time_ms == static_cast<WallMs>(state.revision()) * 1000);
      out.push_back(text_of(event));
    }
    return out;
  }
};

schema::Event created(const std::string& key, const std::string& deployment) {
  schema::ChangesetCreated out;
  out.changeset.key = key;
  out.changeset.deployments = {deployment};
  out.deployments = {test::deployment_of(deployment, "echo", {"get"})};
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a deploy from its creation to its end reads as a story") {
  Story story;
  CHECK(story.tell({created("chs-1", "dpl-1")}) ==
        Lines{"changeset chs-1 preparing echo", "deployment dpl-1 of echo created"});
  schema::Endpoint endpoint;
  endpoint.id = "ept-1";
  endpoint.deployment = "dpl-1";
  endpoint.address = "127.0.0.1:7000";
  CHECK(story.tell({schema::EndpointRegistered{endpoint}}) ==
        Lines{"deployment dpl-1 of echo endpoint-registered 127.0.0.1:7000"});
  CHECK(story.tell({schema::ChangesetPrepared{"chs-1"}}) == Lines{"changeset chs-1 prepared echo"});
  CHECK(story.tell({schema::ChangesetCommitted{"chs-1", {}}}) ==
        Lines{"changeset chs-1 committed echo", "deployment dpl-1 of echo canonical"});
  CHECK(story.tell({schema::EndpointHealthChanged{"ept-1", false}}) ==
        Lines{"deployment dpl-1 of echo endpoint-unhealthy 127.0.0.1:7000"});
  CHECK(story.tell({schema::ChangesetDrained{"chs-1"}, schema::ChangesetFinalized{"chs-1"}}) ==
        Lines{"changeset chs-1 drained echo", "changeset chs-1 finalized echo"});
  (void)story.tell({created("chs-2", "dpl-2")});
  CHECK(story.tell({schema::ChangesetCommitted{"chs-2", {"dpl-1"}}}) ==
        Lines{"changeset chs-2 committed echo", "deployment dpl-2 of echo canonical",
              "deployment dpl-1 of echo draining"});
  CHECK(story.tell({schema::ChangesetFinalized{"chs-2"}}) ==
        Lines{"changeset chs-2 finalized echo", "deployment dpl-1 of echo retired"});
  CHECK(story.tell({schema::DeploymentsRemoved{{"dpl-1"}}}) ==
        Lines{"deployment dpl-1 of echo removed"});
}

TEST_CASE("a deploy that fails says why") {
  Story story;
  (void)story.tell({created("chs-1", "dpl-1")});
  CHECK(story.tell({schema::ChangesetRollingBack{"chs-1", "no endpoint within 60s"}}) ==
        Lines{"changeset chs-1 rolling-back echo because no endpoint within 60s"});
  CHECK(story.tell({schema::ChangesetFailed{"chs-1", "no endpoint within 60s"}}) ==
        Lines{"changeset chs-1 failed echo because no endpoint within 60s",
              "deployment dpl-1 of echo failed"});
}

TEST_CASE("what a ChangeState knows after folding equals what it knows after restoring") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    test::History history(seed);
    ChangeState folded;
    for (int i = 0; i < 150; ++i) {
      folded.apply(history.next());
      if (i % 10 != 0) continue;
      ChangeState restored;
      restored.restore(history.world().snapshot());
      REQUIRE(folded == restored);
      REQUIRE(folded.digest() == restored.digest());
      CHECK(restored.events_after(0).empty());
    }
  }
}

TEST_CASE("a timeline that begins with the schema service's own snapshot knows the same names") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    test::History history(seed);
    schema_service::State schema_state;
    ChangeState folded;
    for (int i = 0; i < 200; ++i) {
      const schema::Commit commit = history.next();
      schema_state.apply(commit);
      folded.apply(commit);
      ChangeState restored;
      restored.restore(schema_state.snapshot());
      REQUIRE(folded == restored);
    }
  }
}

TEST_CASE("G8: a ChangeState keeps a bounded number of events for those who ask late") {
  test::History history(5);
  ChangeState state;
  for (int i = 0; i < 20'000; ++i) state.apply(history.next());
  CHECK(state.events_after(0).size() == recent_max);
}
