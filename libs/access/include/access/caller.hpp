// Caller: who stands behind a call, once that was verified, and what it may do. Made by a gate,
// asked by whoever handles the call. A value, free of threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/model.hpp"
#include "access/rules.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

struct Caller {
  std::string name;
  std::vector<RoleBinding> roles;
  std::string shown;  // by what it is known: "token ab12cd34ef", "certificate", "process"

  // Whatever the module.
  bool may(Permission permission) const;
  bool may(Permission permission, std::string_view module) const;
  // With a state that is kept over HTTP; an empty name: with one of them, whichever.
  bool may_in_workspace(Permission permission, std::string_view workspace) const;
  // For all modules: no pattern holds it back.
  bool may_everywhere(Permission permission) const;

  // One of Millrace's own services: it may vouch for those whose requests it hands on.
  bool is_platform() const;
  // Speaks for this module when it calls.
  bool is_module(std::string_view module) const;
};

// PermissionDenied naming the first of the modules that is out of reach. An empty one stands for
// all modules.
statekit::Status check_modules(const Caller& caller, Permission permission,
                               const std::vector<std::string>& modules);

}  // namespace millrace::access
