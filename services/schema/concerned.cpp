#include "services/schema/concerned.hpp"

#include <algorithm>
#include <utility>

namespace millrace::schema_service {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

Concerned::Concerned(const State& state, const Modules& modules,
                     const std::vector<std::string>& removed)
    : state_(state), removed_(removed.begin(), removed.end()) {
  for (const auto& module : modules) {
    changed_[module->name] = module;
    uses_[module->name] = use_of(*module);
  }
  for (const auto& [name, use] : uses_) add_with_importers(name);
  for (const std::string& name : removed) add_with_importers(name);
  const std::set<std::string> judged = names_;
  for (const std::string& name : judged) add_imports(name);
  has_routes_ = std::any_of(judged.begin(), judged.end(), [&](const std::string& name) {
    const ModuleUse* use = use_of_now(name);
    const ModuleUse* was = state.use_of_canonical(name);
    return (use != nullptr && use->has_routes) || (was != nullptr && was->has_routes);
  });
  if (has_routes_)
    names_.insert(state.modules_with_routes().begin(), state.modules_with_routes().end());
  for (const std::string& name : judged) {
    const ModuleUse* use = use_of_now(name);
    if (use != nullptr && !use->realm.first.empty()) add_of_realm(use->realm);
  }
}

bool Concerned::touches(const Concerned& other) const {
  if (has_routes_ && other.has_routes_) return true;
  for (const auto& [realm, external] : realms_) {
    if (other.realms_.contains({realm, !external})) return true;
  }
  return std::any_of(names_.begin(), names_.end(),
                     [&](const std::string& name) { return other.names_.contains(name); });
}

// Who neither holds a concerned module nor reaches out to others cannot be touched: a module that
// is only referred to is among the names of whoever shares what refers to it.
std::vector<const Changeset*> Concerned::touched() const {
  std::vector<const Changeset*> changesets = state_.holders_beside(names_);
  std::erase_if(changesets, [this](const Changeset* other) {
    Modules modules;
    for (const std::string& key : other->deployments) {
      if (const Deployment* deployment = state_.deployment(key))
        modules.push_back(deployment->schema);
    }
    return !touches(Concerned(state_, modules, other->removed_modules));
  });
  return changesets;
}

std::vector<const schema::Module*> Concerned::before() const {
  std::vector<const schema::Module*> modules;
  for (const std::string& name : names_) {
    if (const schema::Module* module = canonical(name)) modules.push_back(module);
  }
  return modules;
}

std::vector<const schema::Module*> Concerned::after() const {
  std::vector<const schema::Module*> modules;
  for (const std::string& name : names_) {
    if (const schema::Module* module = find(name)) modules.push_back(module);
  }
  return modules;
}

std::vector<const schema::Module*> Concerned::untouched() const {
  std::vector<const schema::Module*> modules = before();
  std::erase_if(modules, [&](const schema::Module* module) {
    return removed_.contains(module->name) || changed_.contains(module->name);
  });
  return modules;
}

const schema::Module* Concerned::canonical(const std::string& name) const {
  const Deployment* deployment = state_.canonical(name);
  return deployment == nullptr ? nullptr : deployment->schema.get();
}

const schema::Module* Concerned::find(const std::string& name) const {
  if (removed_.contains(name)) return nullptr;
  const auto changed = changed_.find(name);
  return changed != changed_.end() ? changed->second.get() : canonical(name);
}

const ModuleUse* Concerned::use_of_now(const std::string& name) const {
  if (removed_.contains(name)) return nullptr;
  const auto changed = uses_.find(name);
  return changed != uses_.end() ? &changed->second : state_.use_of_canonical(name);
}

void Concerned::add_with_importers(const std::string& first) {
  std::vector<std::string> todo{first};
  while (!todo.empty()) {
    const std::string name = std::move(todo.back());
    todo.pop_back();
    if (!names_.insert(name).second) continue;
    const std::set<std::string>& importers = state_.importers_of(name);
    todo.insert(todo.end(), importers.begin(), importers.end());
  }
}

void Concerned::add_imports(const std::string& first) {
  std::vector<std::string> todo{first};
  while (!todo.empty()) {
    const std::string name = std::move(todo.back());
    todo.pop_back();
    if (!names_.insert(name).second && name != first) continue;
    if (const ModuleUse* use = use_of_now(name))
      todo.insert(todo.end(), use->imports.begin(), use->imports.end());
  }
}

// One that says otherwise of the same realm is enough.
void Concerned::add_of_realm(const std::pair<std::string, bool>& realm) {
  realms_.insert(realm);
  for (const std::string& name : state_.modules_of_realm({realm.first, !realm.second})) {
    if (removed_.contains(name) || changed_.contains(name)) continue;
    names_.insert(name);
    return;
  }
}

}  // namespace millrace::schema_service
