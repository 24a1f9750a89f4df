#include "access/rules.hpp"

#include <algorithm>
#include <array>

namespace millrace::access {

namespace {

using P = Permission;

#define SCHEMA "/millrace.v2alpha1.SchemaService/"
#define ROUTING "/millrace.v2alpha1.RoutingService/"
#define TIMELINE "/millrace.v2alpha1.TimelineService/"
#define VERB "/millrace.v2alpha1.VerbService/"

// What concerns a module is held against the caller's patterns as well, where it is handled.
constexpr Rule table[] = {
    {SCHEMA "Ping", P::open},
    {SCHEMA "GetSchema", P::read},
    {SCHEMA "Subscribe", P::follow},
    {SCHEMA "CreateChangeset", P::deploy},
    {SCHEMA "CommitChangeset", P::deploy},
    {SCHEMA "RollbackChangeset", P::deploy},
    {SCHEMA "FailChangeset", P::deploy},
    {SCHEMA "RollbackTo", P::deploy},
    {SCHEMA "PlanRollback", P::deploy},
    {SCHEMA "GetChangeset", P::read},
    {SCHEMA "ListChangesets", P::read},
    {SCHEMA "RegisterEndpoint", P::serve},
    {SCHEMA "GetDeployment", P::read},
    {SCHEMA "GetDeployments", P::read},
    {SCHEMA "ChangeConfig", P::deploy},
    {SCHEMA "ListConfig", P::read},
    {SCHEMA "ChangeSecrets", P::deploy},
    {SCHEMA "ListSecrets", P::read},
    {SCHEMA "GetSecrets", P::read_secrets},
    {SCHEMA "RotateSecrets", P::operate},
    {SCHEMA "GetDeploymentContext", P::serve},
    {SCHEMA "GetHistory", P::read},
    {SCHEMA "GetState", P::follow},
    {SCHEMA "GetStatus", P::read},
    {SCHEMA "CreateToken", P::administer},
    {SCHEMA "RevokeTokens", P::administer},
    {SCHEMA "SetRoles", P::administer},
    {SCHEMA "ListAccess", P::administer},
    {ROUTING "Ping", P::open},
    {ROUTING "Call", P::call},
    {TIMELINE "Ping", P::open},
    {TIMELINE "Publish", P::publish},
    {TIMELINE "Query", P::read},
    {TIMELINE "Stream", P::read},
    {VERB "Ping", P::of_modules},
    {VERB "Call", P::of_modules},
    // HTTP.
    {"console", P::read},
    {"state/look", P::read},
    {"state/keep", P::keep_state},
    {"state/force", P::operate},
};

#undef SCHEMA
#undef ROUTING
#undef TIMELINE
#undef VERB

struct Named {
  Permission permission;
  std::string_view name;
};
constexpr std::array<Named, 12> names = {{{P::open, "open"},
                                          {P::read, "read"},
                                          {P::deploy, "deploy"},
                                          {P::keep_state, "keep-state"},
                                          {P::operate, "operate"},
                                          {P::read_secrets, "read-secrets"},
                                          {P::follow, "follow"},
                                          {P::serve, "serve"},
                                          {P::call, "call"},
                                          {P::publish, "publish"},
                                          {P::administer, "administer"},
                                          {P::of_modules, "of-modules"}}};

bool one_of(Permission permission, std::initializer_list<Permission> all) {
  return std::find(all.begin(), all.end(), permission) != all.end();
}

}  // namespace

std::string_view name_of(Permission permission) {
  for (const Named& each : names)
    if (each.permission == permission) return each.name;
  return "unknown";
}

// `serve` brings a deployment's secrets along, so not even an admin has it by that role.
bool allows(Role role, Permission permission) {
  switch (role) {
    case Role::viewer: return permission == P::read;
    case Role::deployer: return one_of(permission, {P::read, P::deploy, P::keep_state, P::call});
    case Role::operator_: return one_of(permission, {P::read, P::operate, P::keep_state, P::call});
    case Role::secret_reader: return one_of(permission, {P::read, P::read_secrets});
    // With patterns it is a module's: Caller leaves `follow` out.
    case Role::service:
      return one_of(permission, {P::read, P::follow, P::serve, P::call, P::publish});
    case Role::admin: return !one_of(permission, {P::serve, P::of_modules});
  }
  return false;
}

// Who may say who may do what, if only for some modules, could say it of themselves for all.
bool is_of_all_modules(Permission permission) {
  return one_of(permission, {P::administer, P::operate, P::follow});
}

std::string roles_with(Permission permission) {
  std::string out;
  for (const Role role : {Role::viewer, Role::deployer, Role::operator_, Role::secret_reader,
                          Role::service, Role::admin})
    if (allows(role, permission)) out += (out.empty() ? "" : " or ") + std::string(name_of(role));
  return out;
}

std::span<const Rule> rules() { return table; }

std::optional<Permission> permission_of(std::string_view method) {
  for (const Rule& rule : table)
    if (rule.method == method) return rule.permission;
  return std::nullopt;
}

}  // namespace millrace::access
