// The canonical schema as a change would leave it, held against the rules of the language: only the
// part of it that the change concerns, so that a deploy costs the same however much is deployed.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "schema/check.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Status;

namespace {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

constexpr std::size_t diagnostics_shown = 100;

// Places name a file of whoever wrote the module; who removes one knows modules.
std::vector<std::string> referrers(const schema::Schema& schema,
                                   const std::vector<std::string>& removed) {
  std::vector<std::string> lines;
  for (const schema::Module& module : schema.modules) {
    const std::vector<std::string> used = schema::imports(module);
    for (const std::string& name : removed) {
      if (std::find(used.begin(), used.end(), name) != used.end())
        lines.push_back("module " + module.name + " refers to " + name +
                        ", which is to be removed");
    }
  }
  return lines;
}

Status refuse(const std::vector<schema::Diagnostic>& diagnostics,
              std::vector<std::string> details) {
  statekit::Error error{statekit::Code::invalid_argument, "", std::move(details)};
  error.message = "the schema would not be in order: " + std::to_string(diagnostics.size()) +
                  (diagnostics.size() == 1 ? " fault" : " faults");
  for (const schema::Diagnostic& diagnostic : diagnostics) {
    if (error.details.size() == diagnostics_shown) break;
    error.details.push_back(to_string(diagnostic));
  }
  return fail(std::move(error));
}

// The part of the schema that a change concerns: what is changed, all who refer to it, and all that
// these refer to; with routes in play, every module that has some.
class Concerned {
 public:
  Concerned(const State& state, const Modules& modules, const std::vector<std::string>& removed)
      : state_(state), removed_(removed.begin(), removed.end()) {
    for (const auto& module : modules) {
      changed_[module->name] = module;
      uses_[module->name] = use_of(*module);
    }
    for (const auto& [name, use] : uses_) add_with_importers(name);
    for (const std::string& name : removed) add_with_importers(name);
    const std::set<std::string> judged = names_;
    for (const std::string& name : judged) add_imports(name);
    const bool routes = std::any_of(judged.begin(), judged.end(), [&](const std::string& name) {
      const ModuleUse* use = use_of_now(name);
      return use != nullptr && use->has_routes;
    });
    if (routes)
      names_.insert(state.modules_with_routes().begin(), state.modules_with_routes().end());
  }

  schema::Schema schema() const {
    schema::Schema schema;
    for (const std::string& name : names_) {
      if (const schema::Module* module = find(name)) schema.modules.push_back(*module);
    }
    return schema;
  }

 private:
  const schema::Module* find(const std::string& name) const {
    if (removed_.contains(name)) return nullptr;
    if (const auto changed = changed_.find(name); changed != changed_.end())
      return changed->second.get();
    const Deployment* deployment = state_.canonical(name);
    return deployment == nullptr ? nullptr : deployment->schema.get();
  }
  const ModuleUse* use_of_now(const std::string& name) const {
    if (removed_.contains(name)) return nullptr;
    const auto changed = uses_.find(name);
    return changed != uses_.end() ? &changed->second : state_.use_of_canonical(name);
  }
  void add_with_importers(const std::string& first) {
    std::vector<std::string> todo{first};
    while (!todo.empty()) {
      const std::string name = std::move(todo.back());
      todo.pop_back();
      if (!names_.insert(name).second) continue;
      const std::set<std::string>& importers = state_.importers_of(name);
      todo.insert(todo.end(), importers.begin(), importers.end());
    }
  }
  void add_imports(const std::string& first) {
    std::vector<std::string> todo{first};
    while (!todo.empty()) {
      const std::string name = std::move(todo.back());
      todo.pop_back();
      if (!names_.insert(name).second && name != first) continue;
      if (const ModuleUse* use = use_of_now(name))
        todo.insert(todo.end(), use->imports.begin(), use->imports.end());
    }
  }

  const State& state_;
  const std::set<std::string> removed_;
  std::map<std::string, std::shared_ptr<const schema::Module>> changed_;
  std::map<std::string, ModuleUse> uses_;
  std::set<std::string> names_;
};

}  // namespace

Status check_change(const State& state, const Modules& modules,
                    const std::vector<std::string>& removed) {
  std::set<std::string> changed(removed.begin(), removed.end());
  for (const auto& module : modules) changed.insert(module->name);
  const schema::Schema concerned = Concerned(state, modules, removed).schema();
  const std::vector<schema::Diagnostic> diagnostics = schema::check_changed(concerned, changed);
  if (diagnostics.empty()) return {};
  return refuse(diagnostics, referrers(concerned, removed));
}

}  // namespace millrace::schema_service
