#include "access/caller.hpp"

#include <algorithm>

namespace millrace::access {

namespace {

bool is_for_workspaces_only(const RoleBinding& binding) {
  return !binding.modules.empty() &&
         std::all_of(binding.modules.begin(), binding.modules.end(), is_for_workspace);
}

bool reaches_all(const RoleBinding& binding) {
  return binding.modules.empty() ||
         std::find(binding.modules.begin(), binding.modules.end(), "*") != binding.modules.end();
}

// A module's own identity is not sent everything, a platform service is no endpoint of a module.
bool has(const RoleBinding& binding, Permission permission) {
  if (!allows(binding.role, permission) || is_for_workspaces_only(binding)) return false;
  if (is_of_all_modules(permission) && !reaches_all(binding)) return false;
  if (binding.role != Role::service) return true;
  return permission != (binding.modules.empty() ? Permission::serve : Permission::follow);
}

bool reaches(const RoleBinding& binding, std::string_view module) {
  return binding.modules.empty() ||
         std::any_of(binding.modules.begin(), binding.modules.end(),
                     [&](const std::string& pattern) { return matches(pattern, module); });
}

// What says nothing of workspaces reaches all of them, as it did before there was a way to say it.
bool reaches_workspace(const RoleBinding& binding, std::string_view workspace) {
  bool held = false;
  for (const std::string& pattern : binding.modules) {
    if (!is_for_workspace(pattern)) continue;
    held = true;
    if (workspace.empty() ||
        matches(std::string_view(pattern).substr(workspace_prefix.size()), workspace))
      return true;
  }
  return !held;
}

}  // namespace

bool Caller::may(Permission permission) const {
  return permission == Permission::open ||
         std::any_of(roles.begin(), roles.end(),
                     [&](const RoleBinding& binding) { return has(binding, permission); });
}

bool Caller::may(Permission permission, std::string_view module) const {
  return std::any_of(roles.begin(), roles.end(), [&](const RoleBinding& binding) {
    return has(binding, permission) && reaches(binding, module);
  });
}

bool Caller::may_in_workspace(Permission permission, std::string_view workspace) const {
  return std::any_of(roles.begin(), roles.end(), [&](const RoleBinding& binding) {
    return allows(binding.role, permission) && reaches_workspace(binding, workspace);
  });
}

bool Caller::may_everywhere(Permission permission) const {
  return std::any_of(roles.begin(), roles.end(), [&](const RoleBinding& binding) {
    return has(binding, permission) && reaches_all(binding);
  });
}

bool Caller::is_platform() const {
  return std::any_of(roles.begin(), roles.end(), [](const RoleBinding& binding) {
    return binding.role == Role::service && binding.modules.empty();
  });
}

bool Caller::is_module(std::string_view module) const {
  return std::any_of(roles.begin(), roles.end(), [&](const RoleBinding& binding) {
    return binding.role == Role::service && !binding.modules.empty() && reaches(binding, module);
  });
}

statekit::Status check_modules(const Caller& caller, Permission permission,
                               const std::vector<std::string>& modules) {
  for (const std::string& module : modules) {
    const bool may =
        module.empty() ? caller.may_everywhere(permission) : caller.may(permission, module);
    if (!may)
      return statekit::fail(statekit::Code::permission_denied,
                            caller.name + " may not " + std::string(name_of(permission)) + " " +
                                (module.empty() ? "for all modules" : "module " + module) +
                                ": it takes the role " + roles_with(permission) + " for it");
  }
  return {};
}

}  // namespace millrace::access
