// A seeded random sequence of commands and time against a world: deploys that refer to each other
// and break each other, moves of changesets, endpoints that come and go, values, restarts. What was
// not refused is counted by its name, so that a test can tell that each kind did happen.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <variant>

#include "schema/check.hpp"
#include "services/schema/config_types.hpp"
#include "support/changes.hpp"
#include "tests/schema_service/world.hpp"

namespace millrace::test {

class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.number(13)) {
      case 0:
      case 1:
      case 2: deploy(); break;
      case 3:
      case 4: join(); break;
      case 5: touch_changeset(); break;
      case 6: touch_endpoint(); break;
      case 7: world.pass(static_cast<std::int64_t>(random_.number(20'000))); break;
      case 8: world.pass(static_cast<std::int64_t>(random_.number(400'000))); break;
      case 9: go_back(); break;
      case 10: random_.flip() ? change_config() : change_secret(); break;
      case 11: break_a_caller(); break;
      default:
        if (random_.number(4) == 0) world.restart();
        world.settle();
    }
  }

  World world;
  std::map<std::string, int> count;

 private:
  bool run(const World::Command& command, const std::string& what,
           const statekit::CommandMeta& meta = {}) {
    const auto decision = world.run(command, meta);
    const bool done = decision && !decision->events.empty();
    count[what] += done ? 1 : 0;
    return done;
  }

  static schema::Type type_of(const std::string& text) {
    static std::map<std::string, schema::Type> known;
    if (!known.contains(text)) {
      const std::string source = "module m { verb v(Unit) " + text + " }";
      known[text] =
          schema::parse_and_check({{"f", source}}).schema.modules.at(0).verbs.at(0).response;
    }
    return known[text];
  }

  static void let_call(schema::Module& module, const std::string& other, const std::string& verb) {
    schema::Verb caller;
    caller.name = "calls";
    caller.response = type_of("Int");
    schema::Metadata calls;
    calls.value = schema::Calls{{schema::Ref{other, verb, {}}}};
    caller.metadata.push_back(calls);
    module.verbs.push_back(caller);
  }

  std::string key() {
    std::string digits = std::to_string(++keys_);
    return std::string(10 - digits.size(), '0') + digits;
  }
  std::string any_module() { return "m" + std::to_string(random_.number(4)); }
  template <class Map>
  std::string any_key(const Map& map) {
    if (map.empty()) return "none";
    auto at = map.begin();
    std::advance(at, random_.number(map.size()));
    return at->first;
  }

  schema_service::NewModule deployed(const schema::Module& module, const std::string& build) {
    schema_service::NewModule out;
    out.schema = std::make_shared<const schema::Module>(module);
    out.digest = schema::module_digest(module);
    out.build = build;
    out.deployment = "dpl-" + module.name + "-" + key();
    out.endpoint = "ept-" + key();
    if (random_.number(5) == 0) out.fixed_endpoint = "h:1";
    return out;
  }
  // One of three versions. m1 to m3 may call the module before them, whether it is there or not.
  schema_service::NewModule module() {
    const std::string name = any_module();
    const std::string version = random_.flip() ? "1" : std::to_string(random_.number(3));
    schema::Module value =
        random_.flip() ? module_with(name, {"v" + version}) : module_with(name, {});
    for (schema::Verb& verb : value.verbs) verb.response = type_of("Int");
    value.secrets.push_back({"key", schema::type_of(schema::TypeKind::string), {}, {}});
    // Each version declares the same two configs, one of them with a type of its own.
    value.configs.push_back({"name", schema::type_of(schema::TypeKind::string), {}, {}});
    const auto kind = version == "0" ? schema::TypeKind::string : schema::TypeKind::integer;
    value.configs.push_back({"limit", schema::type_of(kind), {}, {}});
    const bool refers = name != "m0" && random_.flip();
    if (refers) let_call(value, "m" + std::to_string(name[1] - '1'), "v1");
    return deployed(value, "b" + version);
  }

  void deploy() {
    schema_service::CreateChangeset command;
    command.key = "chs-" + key();
    for (std::uint64_t i = random_.number(3); i > 0; --i) command.modules.push_back(module());
    if (random_.number(4) == 0) command.removed_modules.push_back(any_module());
    command.hold = random_.number(4) == 0;
    if (random_.number(6) == 0) command.canary_percent = 10;
    command.redeploy = random_.flip();
    command.allow_breaking = random_.number(3) == 0;
    statekit::CommandMeta meta;
    if (random_.flip()) meta.token = "t" + std::to_string(random_.number(50));
    if (!run(command, "deploy", meta)) return;
    if (command.canary_percent > 0) ++count["deploy, canary"];
    if (command.hold) ++count["deploy, hold"];
    if (!command.removed_modules.empty()) ++count["deploy, remove"];
  }
  // A module and who calls it, each with an endpoint.
  void bring_pair() {
    const std::uint64_t first = random_.number(3);
    schema_service::CreateChangeset command;
    command.key = "chs-" + key();
    schema::Module called = module_with("m" + std::to_string(first), {"v1"});
    called.verbs[0].response = type_of("Int");
    schema::Module caller = module_with("m" + std::to_string(first + 1), {});
    let_call(caller, called.name, "v1");
    for (const schema::Module& each : {called, caller})
      command.modules.push_back(deployed(each, "pair"));
    command.redeploy = true;
    if (!run(command, "deploy, pair")) return;
    for (const schema_service::NewModule& each : command.modules) {
      const std::string address = "h:" + each.deployment;
      run(schema_service::RegisterEndpoint{each.deployment, address, address, "ept-" + key()},
          "endpoint registered");
    }
  }
  // One that another canonical module calls; null: there is none.
  const schema_service::Deployment* any_called() {
    std::map<std::string, const schema_service::Deployment*> called;
    for (const auto& [name, key] : world.state.canonical_keys()) {
      for (const schema::Verb& verb : world.state.deployment(key)->schema->verbs) {
        if (verb.metadata.empty()) continue;
        const auto& calls = std::get<schema::Calls>(verb.metadata.front().value);
        const std::string& other = calls.verbs.front().module;
        called.emplace(other, world.state.canonical(other));
      }
    }
    return called.empty() ? nullptr : called.at(any_key(called));
  }
  // What is canonical answers with another type: as a client that listed the breaks, says whether
  // it accepts them, and sometimes comes too late with its list.
  void break_a_caller() {
    const schema_service::Deployment* canonical = any_called();
    if (canonical == nullptr) return bring_pair();
    schema::Module value = *canonical->schema;
    for (schema::Verb& verb : value.verbs)
      verb.response = type_of(verb.response == type_of("Int") ? "String" : "Int");
    schema_service::CreateChangeset command;
    command.key = "chs-" + key();
    command.modules.push_back(deployed(value, canonical->build));
    command.redeploy = true;
    command.hold = random_.flip();
    const auto plan = schema_service::plan(world.state, {}, command);
    if (!plan || plan->judged.breaks.empty()) return;
    ++count["plan"];
    command.allow_breaking = random_.number(4) != 0;
    if (random_.flip()) command.accepted_breaks = plan->judged.breaks;
    if (!command.accepted_breaks.empty() && random_.number(4) == 0)
      command.accepted_breaks.front() = "another one";
    const bool done = run(command, "deploy, allow breaking");
    count["deploy, breaking and refused"] += done ? 0 : 1;
  }
  // To any revision there was, and now and then to one that never was.
  void go_back() {
    auto command = world.rollback_to(random_.number(world.state.revision() + 2), key());
    command.request.hold = random_.number(4) == 0;
    if (random_.number(4) == 0) command.request.canary_percent = 20;
    run(command, "rollback to a revision");
  }

  void touch_changeset() {
    const std::string chosen = any_key(world.state.changesets());
    switch (random_.number(3)) {
      case 0: run(schema_service::CommitChangeset{chosen}, "commit"); break;
      case 1: run(schema_service::RollbackChangeset{chosen}, "rollback"); break;
      default: run(schema_service::FailChangeset{chosen}, "fail"); break;
    }
  }

  void join() {
    const std::string instance = "p" + std::to_string(random_.number(5));
    std::string deployment = any_key(world.state.deployments());
    // Often one that waits for it, else little would ever become canonical.
    for (const auto* changeset : world.state.active_changesets())
      if (!changeset->deployments.empty() && random_.flip()) deployment = changeset->deployments[0];
    run(schema_service::RegisterEndpoint{deployment, "h:" + std::to_string(random_.number(6)),
                                         instance, "ept-" + key()},
        "endpoint registered");
  }
  void touch_endpoint() {
    const std::string id = any_key(world.state.endpoints());
    const schema_service::Endpoint* endpoint = world.state.endpoint(id);
    const auto revision = endpoint == nullptr ? 0 : endpoint->registered_revision;
    if (random_.flip())
      run(schema_service::RemoveEndpoint{id, revision, "left"}, "endpoint removed");
    else
      run(schema_service::SetEndpointHealth{id, revision, random_.flip()}, "endpoint's health");
  }

  void change_config() {
    schema_service::ChangeConfig command;
    for (std::uint64_t i = 1 + random_.number(3); i > 0; --i) {
      schema_service::ConfigChange change;
      if (random_.number(3) != 0) change.module = any_module();
      change.name = random_.flip() ? "name" : "limit";
      const std::string digit = std::to_string(random_.number(9));
      if (random_.number(4) != 0) change.json = random_.flip() ? digit : "\"" + digit + "x\"";
      command.changes.push_back(std::move(change));
    }
    if (random_.number(4) == 0) command.if_revision = random_.number(world.state.revision() + 1);
    run(command, "config");
  }
  // As the service makes them; now and then held against what is not declared any more.
  void change_secret() {
    const std::string module = random_.flip() ? any_module() : "";
    schema_service::ChangeSecrets command;
    schema_service::SecretChange& change = command.changes.emplace_back();
    change.module = module;
    change.name = "key";
    if (random_.number(4) != 0) {
      change.secret = random_.secret();
      change.secret->module = module;
      change.secret->name = "key";
    }
    for (const auto* each : schema_service::declaring_secret(world.state, module, "key"))
      command.checked.push_back(each->key);
    std::sort(command.checked.begin(), command.checked.end());
    if (random_.number(8) == 0) command.checked.clear();
    run(command, "secrets");
    schema_service::RewrapSecrets rewrap;
    for (const auto& [key, secret] : world.state.secrets())
      rewrap.secrets.push_back({key.first, key.second, random_.flip() ? secret.id : "gone",
                                random_.word(), "key-" + random_.word()});
    if (random_.number(4) == 0) run(rewrap, "secrets rewrapped");
  }

  RandomChanges random_;
  int keys_ = 0;
};

}  // namespace millrace::test
