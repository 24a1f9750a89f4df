// Seeded random sequences of commands and time against the laws of a state and the promises of
// deploying. SEED=n replays one.
#include <cstdlib>
#include <map>
#include <set>

#include "schema/check.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"
#include "tests/schema_service/world.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace test = millrace::test;
using Phase = schema::ChangesetPhase;

namespace {

schema::Module calling(schema::Module module, const std::string& other, const std::string& verb) {
  schema::Verb caller;
  caller.name = "calls";
  schema::Metadata calls;
  calls.value = schema::Calls{{schema::Ref{other, verb, {}}}};
  caller.metadata.push_back(calls);
  module.verbs.push_back(caller);
  return module;
}

class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.number(12)) {
      case 0:
      case 1:
      case 2: deploy(); break;
      case 3:
      case 4: join(); break;
      case 5: touch_changeset(); break;
      case 6: touch_endpoint(); break;
      case 7: world.pass(static_cast<std::int64_t>(random_.number(20'000))); break;
      case 9: go_back(); break;
      case 8: world.pass(static_cast<std::int64_t>(random_.number(400'000))); break;
      case 10: change_config(); break;
      default:
        if (random_.number(4) == 0) world.restart();
        world.settle();
    }
  }

  test::World world;
  int went_back = 0;
  int configured = 0;

 private:
  service::NewModule module() {
    const std::string name = "m" + std::to_string(random_.number(4));
    const std::string version = std::to_string(random_.number(3));
    service::NewModule out;
    out.schema = std::make_shared<const schema::Module>(
        random_.flip() ? test::module_with(name, {"v" + version}) : test::module_with(name, {}));
    // m1 to m3 may refer to the module before them, in one of two versions.
    schema::Module value = *out.schema;
    // Each version declares the same two configs, one of them with a type of its own.
    value.configs.push_back({"name", schema::type_of(schema::TypeKind::string), {}, {}});
    value.configs.push_back({"limit",
                             version == "0" ? schema::type_of(schema::TypeKind::string)
                                            : schema::type_of(schema::TypeKind::integer),
                             {},
                             {}});
    const bool refers = name != "m0" && random_.flip();
    if (refers) value = calling(value, "m" + std::to_string(name[1] - '1'), "v1");
    out.schema = std::make_shared<const schema::Module>(value);
    out.digest = schema::module_digest(value);
    out.build = "b" + version;
    out.deployment = "dpl-" + name + "-" + key();
    out.endpoint = "ept-" + key();
    if (random_.number(5) == 0) out.fixed_endpoint = "h:1";
    return out;
  }
  std::string key() {
    std::string digits = std::to_string(++keys_);
    return std::string(10 - digits.size(), '0') + digits;
  }
  // To any revision there was, and now and then to one that never was.
  void go_back() {
    auto command = world.rollback_to(random_.number(world.state.revision() + 2), key());
    command.request.hold = random_.number(4) == 0;
    if (random_.number(4) == 0) command.request.canary_percent = 20;
    const auto decision = world.run(command);
    went_back += decision && !decision->events.empty() ? 1 : 0;
  }
  void deploy() {
    service::CreateChangeset command;
    command.key = "chs-" + key();
    for (std::uint64_t i = random_.number(3); i > 0; --i) command.modules.push_back(module());
    if (random_.number(4) == 0)
      command.removed_modules.push_back("m" + std::to_string(random_.number(4)));
    command.hold = random_.number(4) == 0;
    if (random_.number(6) == 0) command.canary_percent = 10;
    command.redeploy = random_.flip();
    millrace::statekit::CommandMeta meta;
    if (random_.flip()) meta.token = "t" + std::to_string(random_.number(50));
    (void)world.run(command, meta).has_value();
  }
  void change_config() {
    service::ChangeConfig command;
    for (std::uint64_t i = 1 + random_.number(3); i > 0; --i) {
      service::ConfigChange change;
      if (random_.number(3) != 0) change.module = "m" + std::to_string(random_.number(4));
      change.name = random_.flip() ? "name" : "limit";
      if (random_.number(4) != 0)
        change.json = random_.flip() ? std::to_string(random_.number(9))
                                     : "\"" + std::to_string(random_.number(9)) + "x\"";
      command.changes.push_back(std::move(change));
    }
    if (random_.number(4) == 0) command.if_revision = random_.number(world.state.revision() + 1);
    const auto decision = world.run(command);
    configured += decision && !decision->events.empty() ? 1 : 0;
  }
  template <class Map>
  std::string any_key(const Map& map) {
    if (map.empty()) return "none";
    auto at = map.begin();
    std::advance(at, random_.number(map.size()));
    return at->first;
  }
  void join() {
    const std::string instance = "p" + std::to_string(random_.number(5));
    (void)world
        .run(service::RegisterEndpoint{any_key(world.state.deployments()),
                                       "h:" + std::to_string(random_.number(6)), instance,
                                       "ept-" + key()})
        .has_value();
  }
  void touch_changeset() {
    const std::string chosen = any_key(world.state.changesets());
    switch (random_.number(3)) {
      case 0: (void)world.run(service::CommitChangeset{chosen}).has_value(); break;
      case 1: (void)world.run(service::RollbackChangeset{chosen}).has_value(); break;
      default: (void)world.run(service::FailChangeset{chosen}).has_value(); break;
    }
  }
  void touch_endpoint() {
    const std::string id = any_key(world.state.endpoints());
    const service::Endpoint* endpoint = world.state.endpoint(id);
    const auto revision = endpoint == nullptr ? 0 : endpoint->registered_revision;
    if (random_.flip())
      (void)world.run(service::RemoveEndpoint{id, revision, "left"}).has_value();
    else
      (void)world.run(service::SetEndpointHealth{id, revision, random_.flip()}).has_value();
  }

  test::RandomChanges random_;
  int keys_ = 0;
};

void check_laws(const test::World& world) {
  service::State again;
  for (const schema::Commit& commit : world.commits) again.apply(commit);
  REQUIRE(again == world.state);
  service::State restored;
  restored.restore(world.state.snapshot());
  REQUIRE(restored == world.state);
  REQUIRE(restored.digest() == world.state.digest());
}

// By the whole check over all that is canonical, not by the part of it that a change concerns.
void check_references(const service::State& state) {
  schema::Schema all;
  for (const auto& [name, key] : state.canonical_keys())
    all.modules.push_back(*state.deployment(key)->schema);
  for (const schema::Diagnostic& diagnostic : schema::check(all)) FAIL(to_string(diagnostic));
}

// What an active changeset wants to make canonical is there, and could be.
void check_brought(const service::State& state, const service::Changeset& changeset) {
  for (const std::string& key : changeset.deployments) {
    const service::Deployment* deployment = state.deployment(key);
    REQUIRE(deployment != nullptr);
    const bool able = deployment->phase == schema::DeploymentPhase::preparing ||
                      service::is_kept_for_rollback(*deployment);
    REQUIRE(able);
  }
}

void check_promises(const service::State& state) {
  std::map<std::string, std::string> canonical;
  for (const auto& [key, deployment] : state.deployments()) {
    if (deployment.phase != schema::DeploymentPhase::canonical) continue;
    REQUIRE(canonical.emplace(deployment.module(), key).second);
  }
  REQUIRE(canonical == state.canonical_keys());
  for (const auto& [id, endpoint] : state.endpoints())
    REQUIRE(state.deployment(endpoint.deployment) != nullptr);
  check_references(state);
  std::set<std::string> held;
  for (const service::Changeset* changeset : state.active_changesets()) {
    if (changeset->phase == Phase::committed || changeset->phase == Phase::drained) continue;
    check_brought(state, *changeset);
    for (const std::string& module : service::modules_of(state, *changeset)) {
      REQUIRE(held.insert(module).second);
      REQUIRE(state.holder_of(module) == changeset);
    }
  }
}

// The phases in which each changeset has been, from the events alone.
void check_phases(const std::vector<schema::Commit>& commits) {
  static const std::map<std::size_t, std::pair<std::set<Phase>, Phase>> moves = {
      {1, {{Phase::preparing}, Phase::prepared}},
      {2, {{Phase::prepared}, Phase::committed}},
      {3, {{Phase::committed}, Phase::drained}},
      {4, {{Phase::drained}, Phase::finalized}},
      {5, {{Phase::preparing, Phase::prepared}, Phase::rolling_back}},
      {6, {{Phase::preparing, Phase::prepared, Phase::rolling_back}, Phase::failed}}};
  std::map<std::string, Phase> phases;
  const auto move = [&](std::size_t kind, const std::string& key) {
    REQUIRE(moves.at(kind).first.contains(phases.at(key)));
    phases[key] = moves.at(kind).second;
  };
  for (const schema::Commit& commit : commits) {
    for (const schema::Event& event : commit.events) {
      if (const auto* created = std::get_if<schema::ChangesetCreated>(&event))
        phases[created->changeset.key] = Phase::preparing;
      if (const auto* prepared = std::get_if<schema::ChangesetPrepared>(&event))
        move(1, prepared->changeset);
      if (const auto* committed = std::get_if<schema::ChangesetCommitted>(&event))
        move(2, committed->changeset);
      if (const auto* drained = std::get_if<schema::ChangesetDrained>(&event))
        move(3, drained->changeset);
      if (const auto* finalized = std::get_if<schema::ChangesetFinalized>(&event))
        move(4, finalized->changeset);
      if (const auto* rolling = std::get_if<schema::ChangesetRollingBack>(&event))
        move(5, rolling->changeset);
      if (const auto* failed = std::get_if<schema::ChangesetFailed>(&event))
        move(6, failed->changeset);
    }
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
  std::size_t committed = 0;
  int went_back = 0;
  for (auto [seed, end] = seeds(); seed < end; ++seed) {
    INFO("SEED=" << seed);
    Sequence sequence(seed);
    for (int i = 0; i < 120; ++i) {
      sequence.step();
      check_promises(sequence.world.state);
    }
    check_laws(sequence.world);
    check_phases(sequence.world.commits);
    went_back += sequence.went_back;
    for (const auto& [key, changeset] : sequence.world.state.changesets())
      committed += changeset.phase == Phase::finalized ? 1 : 0;
  }
  // A sequence in which nothing ever succeeds would prove nothing.
  CHECK(committed > 100);
  CHECK(went_back > 100);
}

TEST_CASE("the same token gets the same answer, however often and whenever it is sent again") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    Sequence sequence(seed);
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
