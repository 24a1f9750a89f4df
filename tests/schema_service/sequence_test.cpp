// Seeded random sequences of commands and time against the laws of a state and the promises of
// deploying. SEED=n replays one.
#include "tests/schema_service/sequence.hpp"

#include <cstdlib>
#include <set>
#include <utility>

#include "tests/schema_service/invariants.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace test = millrace::test;

namespace {

void check_laws(const test::World& world) {
  service::State again;
  for (const schema::Commit& commit : world.commits) again.apply(commit);
  REQUIRE(again == world.state);
  service::State restored;
  restored.restore(world.state.snapshot());
  REQUIRE(restored == world.state);
  REQUIRE(restored.digest() == world.state.digest());
}

// What happened to the changesets, for none of it may be missing from the sequences.
using Counts = std::map<std::string, int>;
constexpr const char* kinds_of_event[] = {
    "created",        "prepared",         "committed",    "drained",
    "finalized",      "rolling back",     "failed",       "deployments removed",
    "ept registered", "ept health",       "ept removed",  "request remembered",
    "level raised",   "config set",       "config unset", "secret set",
    "secret unset",   "secret rewrapped", "token made",   "token revoked",
    "roles set",      "roles unset"};
static_assert(std::size(kinds_of_event) == std::variant_size_v<schema::Event>);

void check_all_happened(Counts& count, const Counts& events) {
  for (const char* what :
       {"deploy", "deploy, canary", "deploy, hold", "deploy, remove", "deploy, allow breaking",
        "deploy, breaking and refused", "plan", "rollback to a revision", "commit", "rollback",
        "fail", "endpoint registered", "endpoint removed", "endpoint's health", "config", "secrets",
        "secrets rewrapped"}) {
    INFO(what << " " << count[what]);
    CHECK(count[what] >= 20);
  }
  // A level is raised by hand only; tokens and roles have tests of their own.
  const std::set<std::string> elsewhere = {"level raised", "token made", "token revoked",
                                           "roles set", "roles unset"};
  for (const char* what : kinds_of_event) {
    if (elsewhere.contains(what)) continue;
    INFO(what);
    CHECK(events.contains(what));
  }
}

std::pair<std::uint64_t, std::uint64_t> seeds() {
  if (const char* seed = std::getenv("SEED")) {
    const std::uint64_t one = std::strtoull(seed, nullptr, 10);
    return {one, one + 1};
  }
  return {0, 150};
}

}  // namespace

TEST_CASE("any sequence of commands keeps the laws of a state and the promises of deploying") {
  Counts count, events;
  for (auto [seed, end] = seeds(); seed < end; ++seed) {
    INFO("SEED=" << seed);
    test::Sequence sequence(seed);
    test::Model model;
    std::size_t seen = 0;
    const std::vector<schema::Commit>& commits = sequence.world.commits;
    for (int i = 0; i < 120; ++i) {
      sequence.step();
      for (; seen < commits.size(); ++seen) {
        INFO("revision " << commits[seen].meta.revision);
        for (const schema::Event& event : commits[seen].events) {
          ++events[kinds_of_event[event.index()]];
          model.see(event);
        }
      }
      model.hold_against(sequence.world.state);
    }
    check_laws(sequence.world);
    for (const auto& [what, times] : sequence.count) count[what] += times;
  }
  if (std::getenv("SEED") == nullptr) check_all_happened(count, events);
}

TEST_CASE("the same token gets the same answer, however often and whenever it is sent again") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    test::Sequence sequence(seed);
    for (int i = 0; i < 20; ++i) sequence.step();
    service::CreateChangeset command;
    command.key = "chs-mine";
    command.modules.push_back({std::make_shared<const schema::Module>(test::module_with("mine")),
                               {},
                               "b",
                               1,
                               "",
                               "dpl-mine-0",
                               ""});
    const millrace::statekit::CommandMeta meta{"ada", "", 0, "mine", {}};
    const auto first = sequence.world.run(command, meta);
    REQUIRE(first);
    const auto revision = sequence.world.state.revision();
    for (int i = 0; i < 20; ++i) {
      sequence.step();
      const auto before = sequence.world.state.revision();
      const auto again = sequence.world.run(command, meta);
      REQUIRE(again);
      CHECK(again->earlier == revision);
      CHECK(sequence.world.state.revision() == before);
    }
  }
}
