// The one table of what each RPC and each HTTP resource needs, and of what each role may do.
// Whatever is not in it is denied. Asked by the gates (io/) for every call, and walked by a test
// that holds it against all methods of all protos. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "access/model.hpp"

namespace millrace::access {

enum class Permission : std::uint8_t {
  open,          // nobody is asked who they are
  read,          // look at schemas, changesets, config, status, history, what happened
  deploy,        // change modules, their config and secrets
  keep_state,    // read and write the states that others keep over HTTP
  operate,       // keep the system going: rotate keys, break locks
  read_secrets,  // see a secret in clear
  follow,        // be sent everything: the feed, whole states
  serve,         // be an endpoint of a module, and be given its values
  call,          // call verbs
  publish,       // tell the timeline what happened
  administer,    // say who may do what
  of_modules,    // answered by modules, never here
};

std::string_view name_of(Permission permission);  // "read", "keep-state", ...

bool allows(Role role, Permission permission);
// Nothing of it belongs to one module: a role that is held to some modules has it not.
bool is_of_all_modules(Permission permission);
// The roles that have it, for people: "deployer or admin".
std::string roles_with(Permission permission);

struct Rule {
  std::string_view method;  // "/millrace.v2alpha1.SchemaService/Ping", "console", "state/lock"
  Permission permission = Permission::administer;
};

std::span<const Rule> rules();
// None: nobody may.
std::optional<Permission> permission_of(std::string_view method);

}  // namespace millrace::access
