// The canonical schema as a change would leave it, held against the rules of the language.
#include <map>

#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Status;

Status check_change(const State& state,
                    const std::vector<std::shared_ptr<const schema::Module>>& modules,
                    const std::vector<std::string>& removed) {
  std::map<std::string, const schema::Module*> all;
  for (const auto& [name, key] : state.canonical_keys())
    all[name] = state.deployment(key)->schema.get();
  for (const auto& module : modules) all[module->name] = module.get();
  for (const std::string& name : removed) all.erase(name);
  return {};
}

}  // namespace millrace::schema_service
