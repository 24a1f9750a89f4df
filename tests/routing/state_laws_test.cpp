// The laws of every state, and RouteState against the plain truth, over random histories.
#include "services/routing/state.hpp"

#include "services/schema/state.hpp"
#include "support/catch.hpp"
#include "tests/routing/history.hpp"

using namespace millrace;
using namespace millrace::routing;

namespace {

// Where a call must go, read off the truth the slow way: "unknown-module", "unknown-verb",
// "no-endpoint", or the deployment and its healthy endpoints.
std::string truth(const test::World& world, const std::string& module, const std::string& verb,
                  const std::string& side) {
  const schema::Deployment* at = nullptr;
  for (const auto& [key, deployment] : world.deployments)
    if (deployment.module() == module && deployment.phase == schema::DeploymentPhase::canonical)
      at = &deployment;
  const auto changeset = world.changesets.find(side);
  if (changeset != world.changesets.end() &&
      (changeset->second.phase == schema::ChangesetPhase::preparing ||
       changeset->second.phase == schema::ChangesetPhase::prepared)) {
    for (const std::string& removed : changeset->second.removed_modules)
      if (removed == module) at = nullptr;
    for (const std::string& key : changeset->second.deployments)
      if (world.deployments.at(key).module() == module) at = &world.deployments.at(key);
  }
  if (at == nullptr) return "unknown-module";
  if (schema::find_verb(*at->schema, verb) == nullptr) return "unknown-verb";
  std::string out = at->key;
  bool any = false;
  for (const auto& [id, endpoint] : world.endpoints) {
    if (endpoint.deployment != at->key || !endpoint.healthy) continue;
    any = true;
    out += " " + id + "=" + endpoint.address;
  }
  return any ? out : "no-endpoint";
}

std::string answer(const RouteState& state, const std::string& module, const std::string& verb,
                   const std::string& side) {
  const auto found = state.route(module, verb, side);
  if (const Miss* miss = std::get_if<Miss>(&found))
    return *miss == Miss::unknown_module ? "unknown-module"
           : *miss == Miss::unknown_verb ? "unknown-verb"
                                         : "no-endpoint";
  const Route& route = std::get<Route>(found);
  std::string out(route.deployment);
  for (const Target& target : route.targets) out += " " + target.id + "=" + target.address;
  return out;
}

}  // namespace

TEST_CASE("a RouteState answers as the plain truth does after every commit") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    test::History history(seed);
    RouteState state;
    for (int i = 0; i < 120; ++i) {
      state.apply(history.next());
      INFO("seed " << seed << " revision " << state.revision() << "\n" << state.dump());
      std::vector<std::string> sides{"", "chs-0"};
      for (const auto& [key, changeset] : history.world().changesets) sides.push_back(key);
      for (const std::string& side : sides)
        for (const char* module : {"a", "b", "c", "d"})
          for (const char* verb : {"common", "v1", "absent"})
            REQUIRE(answer(state, module, verb, side) ==
                    truth(history.world(), module, verb, side));
    }
  }
}

TEST_CASE("folding commits equals restoring the snapshot of that fold") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    test::History history(seed);
    RouteState folded;
    for (int i = 0; i < 150; ++i) {
      folded.apply(history.next());
      if (i % 10 != 0) continue;
      RouteState restored;
      restored.restore(history.world().snapshot());
      INFO("seed " << seed << "\n" << folded.dump() << "---\n" << restored.dump());
      REQUIRE(folded == restored);
      REQUIRE(folded.digest() == restored.digest());
    }
  }
}

TEST_CASE(
    "a router that begins with the schema service's own snapshot agrees with one that saw it all") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    test::History history(seed);
    schema_service::State schema_state;
    RouteState folded;
    for (int i = 0; i < 200; ++i) {
      const schema::Commit commit = history.next();
      schema_state.apply(commit);
      folded.apply(commit);
      if (i % 10 != 0) continue;
      RouteState restored;
      restored.restore(schema_state.snapshot());
      INFO("seed " << seed << "\n" << folded.dump() << "---\n" << restored.dump());
      REQUIRE(folded == restored);
    }
  }
}

TEST_CASE("a RouteState that was restored goes on like one that folded everything") {
  test::History history(7);
  RouteState folded;
  RouteState restored;
  for (int i = 0; i < 50; ++i) folded.apply(history.next());
  restored.restore(history.world().snapshot());
  for (int i = 0; i < 200; ++i) {
    const schema::Commit commit = history.next();
    folded.apply(commit);
    restored.apply(commit);
    REQUIRE(folded == restored);
  }
}

TEST_CASE("G7: states that differ in one entry have different digests") {
  test::History history(3);
  RouteState state;
  for (int i = 0; i < 80; ++i) state.apply(history.next());
  REQUIRE_FALSE(history.world().endpoints.empty());
  for (const auto& [id, endpoint] : history.world().endpoints) {
    RouteState other = state;
    other.apply(test::commit_at(state.revision() + 1,
                                {schema::EndpointHealthChanged{id, !endpoint.healthy}}));
    CHECK(other.digest() != state.digest());
    other.apply(test::commit_at(state.revision() + 2,
                                {schema::EndpointHealthChanged{id, endpoint.healthy}}));
    CHECK(other.digest() == state.digest());
  }
}
