// A random but lawful history of deployments, with everything that is true after it written down
// the plain way: the independent model that RouteState is judged against. Shares no code with it.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "schema/change.hpp"

namespace millrace::test {

inline std::shared_ptr<const schema::Module> module_with(const std::string& name,
                                                         const std::vector<std::string>& verbs) {
  auto module = std::make_shared<schema::Module>();
  module->name = name;
  for (const std::string& verb : verbs) {
    module->verbs.emplace_back();
    module->verbs.back().name = verb;
    module->verbs.back().visibility = schema::Visibility::exported;
  }
  return module;
}

inline schema::Deployment deployment_of(const std::string& key, const std::string& module,
                                        const std::vector<std::string>& verbs) {
  schema::Deployment out;
  out.key = key;
  out.schema = module_with(module, verbs);
  return out;
}

inline schema::Commit commit_at(statekit::Revision revision, std::vector<schema::Event> events) {
  schema::Commit out;
  out.meta.revision = revision;
  out.meta.time_ms = static_cast<statekit::WallMs>(revision) * 1000;
  out.meta.author = "ada";
  out.events = std::move(events);
  return out;
}

// The truth, as the schema service would hold it.
struct World {
  statekit::Revision revision = 0;
  std::map<std::string, schema::Deployment> deployments;
  std::map<std::string, schema::Endpoint> endpoints;
  std::map<std::string, schema::Changeset> changesets;

  schema::Snapshot snapshot() const {
    schema::Snapshot out;
    out.revision = revision;
    out.time_ms = static_cast<statekit::WallMs>(revision) * 1000;
    for (const auto& [key, value] : deployments) out.deployments.push_back(value);
    for (const auto& [key, value] : endpoints) out.endpoints.push_back(value);
    for (const auto& [key, value] : changesets) out.changesets.push_back(value);
    return out;
  }
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  const World& world() const { return world_; }

  schema::Commit next() {
    std::vector<schema::Event> events;
    const std::size_t wanted = 1 + below(2);
    while (events.size() < wanted) step(events);
    return commit_at(++world_.revision, std::move(events));
  }

 private:
  using Phase = schema::ChangesetPhase;
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  template <class Map, class Keep>
  std::string any(const Map& map, const Keep& keep) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : map)
      if (keep(value)) keys.push_back(key);
    return keys.empty() ? "" : keys[below(keys.size())];
  }

  void step(std::vector<schema::Event>& events) {
    switch (below(10)) {
      case 0:
      case 1: return create(events);
      case 2: return prepare(events);
      case 3: return commit(events);
      case 4: return finish(events);
      case 5: return give_up(events);
      case 6: return remove(events);
      case 7:
      case 8: return endpoint(events);
      default: return health(events);
    }
  }

  void create(std::vector<schema::Event>& events) {
    const std::string module = std::string(1, static_cast<char>('a' + below(4)));
    for (const auto& [key, changeset] : world_.changesets)
      if (is_open(changeset.phase) && touches(changeset, module)) return;
    schema::Changeset changeset;
    changeset.key = "chs-" + std::to_string(++last_);
    changeset.canary_percent = static_cast<std::uint32_t>(below(60));
    schema::ChangesetCreated event;
    const std::string retired = any(world_.deployments, [&](auto& d) {
      return d.module() == module && d.phase == schema::DeploymentPhase::retired;
    });
    if (below(5) == 0) {
      changeset.removed_modules = {module};
    } else if (below(4) == 0 && !retired.empty()) {
      changeset.deployments = {retired};  // a rollback
    } else {
      schema::Deployment deployment = deployment_of("dpl-" + std::to_string(++last_), module,
                                                    {"v" + std::to_string(below(3)), "common"});
      changeset.deployments = {deployment.key};
      event.deployments = {deployment};
      world_.deployments[deployment.key] = deployment;
    }
    event.changeset = changeset;
    world_.changesets[changeset.key] = changeset;
    events.emplace_back(event);
  }

  static bool is_open(Phase phase) { return phase == Phase::preparing || phase == Phase::prepared; }
  bool touches(const schema::Changeset& changeset, const std::string& module) {
    if (!changeset.removed_modules.empty()) return changeset.removed_modules[0] == module;
    return world_.deployments.at(changeset.deployments[0]).module() == module;
  }

  void prepare(std::vector<schema::Event>& events) {
    const std::string key =
        any(world_.changesets, [](auto& c) { return c.phase == Phase::preparing; });
    if (key.empty()) return;
    world_.changesets[key].phase = Phase::prepared;
    events.emplace_back(schema::ChangesetPrepared{key});
  }

  void commit(std::vector<schema::Event>& events) {
    using D = schema::DeploymentPhase;
    const std::string key =
        any(world_.changesets, [](auto& c) { return c.phase == Phase::prepared; });
    if (key.empty()) return;
    schema::Changeset& changeset = world_.changesets[key];
    std::set<std::string> modules(changeset.removed_modules.begin(),
                                  changeset.removed_modules.end());
    for (const std::string& each : changeset.deployments)
      modules.insert(world_.deployments.at(each).module());
    for (auto& [id, deployment] : world_.deployments) {
      if (deployment.phase != D::canonical || !modules.contains(deployment.module())) continue;
      deployment.phase = D::draining;
      changeset.replaced.push_back(id);
    }
    for (const std::string& each : changeset.deployments)
      world_.deployments.at(each).phase = D::canonical;
    changeset.phase = Phase::committed;
    events.emplace_back(schema::ChangesetCommitted{key, changeset.replaced});
  }

  void finish(std::vector<schema::Event>& events) {
    const std::string key = any(world_.changesets, [](auto& c) {
      return c.phase == Phase::committed || c.phase == Phase::drained;
    });
    if (key.empty()) return;
    schema::Changeset& changeset = world_.changesets[key];
    if (changeset.phase == Phase::committed) {
      changeset.phase = Phase::drained;
      events.emplace_back(schema::ChangesetDrained{key});
      return;
    }
    changeset.phase = Phase::finalized;
    for (const std::string& each : changeset.replaced)
      if (world_.deployments.contains(each))
        world_.deployments[each].phase = schema::DeploymentPhase::retired;
    events.emplace_back(schema::ChangesetFinalized{key});
  }

  void give_up(std::vector<schema::Event>& events) {
    const std::string key = any(world_.changesets, [](auto& c) {
      return is_open(c.phase) || c.phase == Phase::rolling_back;
    });
    if (key.empty()) return;
    schema::Changeset& changeset = world_.changesets[key];
    if (is_open(changeset.phase) && below(2) == 0) {
      changeset.phase = Phase::rolling_back;
      events.emplace_back(schema::ChangesetRollingBack{key, "late"});
      return;
    }
    changeset.phase = Phase::failed;
    for (const std::string& each : changeset.deployments)
      if (world_.deployments.contains(each))
        world_.deployments[each].phase = schema::DeploymentPhase::failed;
    events.emplace_back(schema::ChangesetFailed{key, "late"});
  }

  void remove(std::vector<schema::Event>& events) {
    using D = schema::DeploymentPhase;
    std::set<std::string> wanted;  // by a changeset that is not over
    for (const auto& [key, changeset] : world_.changesets)
      if (schema::is_active(changeset.phase))
        wanted.insert(changeset.deployments.begin(), changeset.deployments.end());
    const std::string key = any(world_.deployments, [&](auto& d) {
      return (d.phase == D::retired || d.phase == D::failed) && !wanted.contains(d.key);
    });
    if (key.empty()) return;
    world_.deployments.erase(key);
    std::erase_if(world_.endpoints, [&](auto& e) { return e.second.deployment == key; });
    events.emplace_back(schema::DeploymentsRemoved{{key}});
  }

  void endpoint(std::vector<schema::Event>& events) {
    const std::string deployment = any(world_.deployments, [](auto&) { return true; });
    if (deployment.empty()) return;
    const std::string old = any(world_.endpoints, [](auto&) { return true; });
    if (below(4) == 0 && !old.empty()) {
      world_.endpoints.erase(old);
      events.emplace_back(schema::EndpointRemoved{old, "left"});
      return;
    }
    schema::Endpoint endpoint;
    endpoint.id = below(5) == 0 && !old.empty() ? old : "ept-" + std::to_string(++last_);
    endpoint.deployment = deployment;
    endpoint.address = "127.0.0.1:" + std::to_string(1000 + below(9000));
    endpoint.healthy = below(4) != 0;
    world_.endpoints[endpoint.id] = endpoint;
    events.emplace_back(schema::EndpointRegistered{endpoint});
  }

  void health(std::vector<schema::Event>& events) {
    const std::string id = any(world_.endpoints, [](auto&) { return true; });
    if (id.empty()) return;
    schema::Endpoint& endpoint = world_.endpoints[id];
    endpoint.healthy = !endpoint.healthy;
    events.emplace_back(schema::EndpointHealthChanged{id, endpoint.healthy});
  }

  std::mt19937_64 random_;
  World world_;
  std::uint64_t last_ = 100;
};

}  // namespace millrace::test
