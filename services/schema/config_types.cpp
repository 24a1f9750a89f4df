#include "services/schema/config_types.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace millrace::schema_service {

namespace {

bool is_in_flight(const Changeset& changeset) {
  return changeset.phase == ChangesetPhase::preparing ||
         changeset.phase == ChangesetPhase::prepared;
}

// What a changeset on its way brings of a module.
const Deployment* brought(const State& state, const Changeset& changeset,
                          const std::string& module) {
  if (!is_in_flight(changeset)) return nullptr;
  for (const std::string& key : changeset.deployments) {
    const Deployment* deployment = state.deployment(key);
    if (deployment != nullptr && deployment->module() == module) return deployment;
  }
  return nullptr;
}

}  // namespace

const Deployment* declaring(const State& state, const std::string& module) {
  if (const Deployment* canonical = state.canonical(module)) return canonical;
  const Changeset* holder = state.holder_of(module);
  return holder == nullptr ? nullptr : brought(state, *holder, module);
}

std::vector<const Deployment*> all_declaring(const State& state) {
  std::set<std::string> modules;
  for (const auto& [module, key] : state.canonical_keys()) modules.insert(module);
  for (const Changeset* changeset : state.active_changesets()) {
    for (std::string& module : modules_of(state, *changeset)) modules.insert(std::move(module));
  }
  std::vector<const Deployment*> found;
  for (const std::string& module : modules) {
    if (const Deployment* deployment = declaring(state, module)) found.push_back(deployment);
  }
  return found;
}

schema::Index types_around(const State& state, const Deployment& deployment) {
  const Changeset* changeset = state.changeset(deployment.changeset);
  std::vector<const schema::Module*> modules{deployment.schema.get()};
  std::set<std::string> seen{deployment.module()};
  for (std::size_t at = 0; at < modules.size(); ++at) {
    for (const std::string& name : schema::imports(*modules[at])) {
      if (!seen.insert(name).second) continue;
      const Deployment* other = changeset ? brought(state, *changeset, name) : nullptr;
      if (other == nullptr) other = state.canonical(name);
      if (other != nullptr) modules.push_back(other->schema.get());
    }
  }
  return schema::Index(modules);
}

schema::JsonResult canonical_value(const schema::Index& types, const schema::Type& type,
                                   std::string_view json) {
  // To a shape an empty text is an absent value; here a value is what somebody wrote.
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return tl::unexpected(
        std::vector<schema::JsonFault>{{"", "syntax", "an empty text is no JSON value"}});
  const statekit::Result<schema::Shape> shape = schema::Shape::compile(types, type);
  if (!shape)
    return tl::unexpected(
        std::vector<schema::JsonFault>{{"", "wrong-type", shape.error().message}});
  return shape->canonicalize(json);
}

schema::JsonResult untyped_value(std::string_view json) {
  const schema::Schema none;
  return canonical_value(schema::Index(none), schema::type_of(schema::TypeKind::any), json);
}

std::vector<std::string> lines_of(const std::string& name,
                                  const std::vector<schema::JsonFault>& faults) {
  std::vector<std::string> lines;
  for (const schema::JsonFault& fault : faults)
    lines.push_back(name + fault.pointer + ": " + fault.message);
  return lines;
}

}  // namespace millrace::schema_service
