// The laws of every state, and IngressState against the plain truth, over random histories.
#include <set>

#include "services/ingress/state.hpp"
#include "support/catch.hpp"
#include "tests/ingress/routed.hpp"
#include "tests/routing/history.hpp"

namespace millrace::ingress {
namespace {

using Phase = schema::ChangesetPhase;

// Gives the module of a deployment routes that differ from version to version.
schema::Deployment routed(schema::Deployment deployment) {
  schema::Module module = *deployment.schema;
  const std::string at = "/" + module.name;
  for (schema::Verb& verb : module.verbs) {
    const bool common = verb.name == "common";
    const std::string path = common ? at + "/{id}" : at + "/" + verb.name + "/{id}";
    verb.metadata.push_back({schema::Ingress{common ? "GET" : "POST", path}, {}, {}});
  }
  deployment.schema = std::make_shared<const schema::Module>(std::move(module));
  deployment.schema_digest = statekit::sha256(deployment.key);
  return deployment;
}

schema::Commit routed(schema::Commit commit) {
  for (schema::Event& event : commit.events) {
    auto* created = std::get_if<schema::ChangesetCreated>(&event);
    if (created == nullptr) continue;
    for (schema::Deployment& each : created->deployments) each = routed(each);
  }
  return commit;
}

schema::Snapshot routed(schema::Snapshot snapshot) {
  for (schema::Deployment& each : snapshot.deployments) each = routed(each);
  return snapshot;
}

bool is_open(const schema::Changeset& changeset) {
  return changeset.phase == Phase::preparing || changeset.phase == Phase::prepared;
}

// The modules that a side sees, read off the truth the slow way.
std::vector<schema::Deployment> seen(const test::World& world, const std::string& side) {
  std::map<std::string, schema::Deployment> modules;
  for (const auto& [key, deployment] : world.deployments) {
    if (deployment.phase != schema::DeploymentPhase::canonical) continue;
    modules[deployment.module()] = routed(deployment);
  }
  const auto changeset = world.changesets.find(side);
  if (changeset != world.changesets.end() && is_open(changeset->second)) {
    for (const std::string& name : changeset->second.removed_modules) modules.erase(name);
    for (const std::string& key : changeset->second.deployments) {
      const auto deployment = routed(world.deployments.at(key));
      modules[deployment.module()] = deployment;
    }
  }
  std::vector<schema::Deployment> out;
  for (const auto& [name, deployment] : modules) out.push_back(deployment);
  return out;
}

void check_side(const IngressState& state, const test::World& world, const std::string& side) {
  const auto deployments = seen(world, side);
  std::vector<const schema::Module*> modules;
  for (const auto& each : deployments) {
    modules.push_back(each.schema.get());
    const Deployed* found = state.module(side, each.module());
    REQUIRE(found != nullptr);
    REQUIRE(found->key == each.key);
  }
  for (const std::string module : {"a", "b", "c", "d"}) {
    for (const std::vector<std::string>& path :
         {std::vector<std::string>{module, "x"}, {module, "v0", "x"}, {module, "v1", "x"}}) {
      const std::string method = path.size() == 2 ? "GET" : "POST";
      const Match match = state.routes(side).find(method, path);
      const auto plain = test::plain_match(modules, method, path);
      REQUIRE((match.target != nullptr) == plain.has_value());
      if (plain) REQUIRE(*plain == test::PlainMatch{match.target->module, match.target->verb});
    }
  }
}

TEST_CASE("an IngressState answers as the plain truth does after every commit") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    test::History history(seed);
    IngressState state;
    for (int i = 0; i < 100; ++i) {
      state.apply(routed(history.next()));
      INFO("seed " << seed << " revision " << state.revision() << "\n" << state.dump());
      check_side(state, history.world(), "");
      for (const auto& [key, changeset] : history.world().changesets) {
        const bool taking = changeset.phase == Phase::prepared && changeset.canary_percent > 0;
        if (taking || !is_open(changeset)) check_side(state, history.world(), key);
      }
    }
  }
}

TEST_CASE("each side takes its share of the keys and the canonical side the rest") {
  test::History history(5);
  IngressState state;
  std::set<std::string> taken;
  for (int i = 0; i < 200; ++i) {
    state.apply(routed(history.next()));
    std::map<std::string, std::uint64_t> counts;
    for (std::uint64_t point = 0; point < 100; ++point) {
      // The middle of each hundredth of all 64 bit numbers.
      const std::uint64_t key = (point * 2 + 1) * (~std::uint64_t{0} / 200);
      ++counts[std::string(state.side_of(key))];
    }
    std::uint64_t left = 100;
    for (const auto& [key, changeset] : history.world().changesets) {
      if (changeset.phase != Phase::prepared) continue;
      const std::uint64_t share = std::min<std::uint64_t>(changeset.canary_percent, left);
      left -= share;
      CHECK(counts[key] == share);
      if (share > 0) taken.insert(key);
    }
    CHECK(counts[""] == left);
  }
  CHECK(taken.size() > 1);
}

TEST_CASE("folding commits equals restoring the snapshot of that fold, for IngressState") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    test::History history(seed);
    IngressState folded;
    for (int i = 0; i < 150; ++i) {
      folded.apply(routed(history.next()));
      if (i % 10 != 0) continue;
      IngressState restored;
      restored.restore(routed(history.world().snapshot()));
      INFO("seed " << seed << "\n" << folded.dump() << "---\n" << restored.dump());
      REQUIRE(folded == restored);
    }
  }
}

TEST_CASE("an IngressState that was restored goes on like one that folded everything") {
  test::History history(7);
  IngressState folded;
  IngressState restored;
  for (int i = 0; i < 50; ++i) folded.apply(routed(history.next()));
  restored.restore(routed(history.world().snapshot()));
  for (int i = 0; i < 200; ++i) {
    const schema::Commit commit = routed(history.next());
    folded.apply(commit);
    restored.apply(commit);
    REQUIRE(folded == restored);
    REQUIRE(folded.schema_revision() <= folded.revision());
  }
}

TEST_CASE("G7: ingress states that differ in one module have different digests") {
  IngressState one;
  IngressState other;
  auto deployment = routed(test::deployment_of("dpl-1", "a", {"v1"}));
  schema::ChangesetCreated created;
  created.changeset.key = "chs-1";
  created.changeset.deployments = {"dpl-1"};
  created.deployments = {deployment};
  one.apply(test::commit_at(1, {created}));
  created.deployments.front().schema_digest = statekit::sha256("another");
  other.apply(test::commit_at(1, {created}));
  CHECK(one.digest() != other.digest());
  CHECK_FALSE(one == other);
}

}  // namespace
}  // namespace millrace::ingress
