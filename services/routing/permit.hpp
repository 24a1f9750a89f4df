// Whether a call may reach a verb: modules reach what others export, what comes from outside over
// HTTP reaches verbs with a route, and people what their roles let them call. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.hpp"
#include "services/routing/answer.hpp"
#include "services/routing/state.hpp"

namespace millrace::routing {

struct Called {
  std::string_view module;
  std::string_view verb;
  Route route;             // of the verb
  bool same_realm = true;  // as `calls_within` says
};

struct Forbidden {
  Reason reason = Reason::forbidden;
  std::string message;
};

// Whether whoever calls is of a module of that realm; who calls as `forbidden` has it. True where
// no module calls.
bool calls_within(const RouteState& state, std::string_view realm, const access::Caller* caller,
                  const std::vector<std::string>& chain);

// `caller`: who was verified to call; null: nobody is asked here, and the chain of callers that
// the call itself names is believed (`module.verb`, outermost first).
std::optional<Forbidden> forbidden(const Called& called, const access::Caller* caller,
                                   const std::vector<std::string>& chain);

}  // namespace millrace::routing
