#include "services/routing/permit.hpp"

#include <algorithm>

namespace millrace::routing {

using access::Permission;

namespace {

std::string name_of(const Called& called) {
  return std::string(called.module) + "." + std::string(called.verb);
}

bool is_exported(const Called& called) {
  return called.route.exported_realm || (called.route.exported && called.same_realm);
}

Forbidden not_exported(const Called& called, const std::string& who) {
  const bool within = called.route.exported;
  return {Reason::not_exported, "verb " + name_of(called) + " is not exported" +
                                    (within ? " to other realms" : "") + ", so " + who +
                                    " cannot call it: write `export " + (within ? "realm " : "") +
                                    "verb` in module " + std::string(called.module)};
}

std::string_view last_module(const std::vector<std::string>& chain) {
  const std::string_view last = chain.back();
  return last.substr(0, last.find('.'));
}

// A module's verified identity: its own verbs, and what others export.
std::optional<Forbidden> of_module(const Called& called, const access::Caller& caller) {
  if (is_exported(called) || caller.is_module(called.module)) return std::nullopt;
  return not_exported(called, caller.name);
}

bool is_of_modules(const access::Caller& caller) {
  return std::any_of(caller.roles.begin(), caller.roles.end(), [](const auto& binding) {
    return binding.role == access::Role::service && !binding.modules.empty();
  });
}

// Somebody's roles, without what they have of a service.
bool may_as_person(const access::Caller& caller, std::string_view module) {
  access::Caller person = caller;
  std::erase_if(person.roles,
                [](const auto& binding) { return binding.role == access::Role::service; });
  return person.may(Permission::call, module);
}

}  // namespace

bool calls_within(const RouteState& state, std::string_view realm, const access::Caller* caller,
                  const std::vector<std::string>& chain) {
  if (caller != nullptr)
    return !is_of_modules(*caller) || state.any_of_realm(realm, [&](std::string_view module) {
      return caller->is_module(module);
    });
  return chain.empty() || state.any_of_realm(realm, [&](std::string_view module) {
    return module == last_module(chain);
  });
}

std::optional<Forbidden> forbidden(const Called& called, const access::Caller* caller,
                                   const std::vector<std::string>& chain) {
  if (caller == nullptr) {
    if (chain.empty() || is_exported(called)) return std::nullopt;
    const std::string module(last_module(chain));
    if (module == called.module) return std::nullopt;
    return not_exported(called, "module " + module);
  }
  if (may_as_person(*caller, called.module)) return std::nullopt;
  if (caller->is_platform()) {
    if (called.route.from_http) return std::nullopt;
    return Forbidden{Reason::forbidden, "verb " + name_of(called) +
                                            " has no HTTP route, so no request from outside "
                                            "reaches it"};
  }
  if (is_of_modules(*caller)) return of_module(called, *caller);
  return Forbidden{Reason::forbidden, caller->name + " may not call module " +
                                          std::string(called.module) + ": it takes the role " +
                                          access::roles_with(Permission::call) + " for it"};
}

}  // namespace millrace::routing
