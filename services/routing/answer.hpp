// How a call ends, and the words for it. The reasons are part of the contract (verb.proto): they
// travel as `millrace-reason` and name the outcome in metrics and in the timeline. Pure values.
#pragma once

#include <string>
#include <string_view>

#include "services/routing/transport.hpp"
#include "statekit/result.hpp"

namespace millrace::routing {

enum class Reason : std::uint8_t {
  none,  // the endpoint answered, with a body or an error of its own
  unknown_module,
  unknown_verb,
  no_endpoint,
  endpoint_failed,
  timeout,
  overloaded,
  behind,
  other_incarnation,
  invalid,    // the request's bytes; travels without `millrace-reason`
  cancelled,  // by the caller, who is gone
  not_exported,
  forbidden,  // to this caller
};

std::string_view name_of(Reason reason);  // "unknown-module", ...
statekit::Code code_of(Reason reason);

struct Answer {
  Reason reason = Reason::none;
  std::string message;  // for people: what is wrong and what to do; empty for none
  Payload response;     // a CallResponse; empty unless the reason is none
  Headers leading;
  Headers trailing;
};

}  // namespace millrace::routing
