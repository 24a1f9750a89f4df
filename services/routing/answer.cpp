#include "services/routing/answer.hpp"

namespace millrace::routing {

using statekit::Code;

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::none: return "ok";
    case Reason::unknown_module: return "unknown-module";
    case Reason::unknown_verb: return "unknown-verb";
    case Reason::no_endpoint: return "no-endpoint";
    case Reason::endpoint_failed: return "endpoint-failed";
    case Reason::timeout: return "timeout";
    case Reason::overloaded: return "overloaded";
    case Reason::behind: return "behind";
    case Reason::other_incarnation: return "other-incarnation";
    case Reason::invalid: return "invalid";
    case Reason::cancelled: return "cancelled";
    case Reason::not_exported: return "not-exported";
    case Reason::forbidden: return "forbidden";
  }
  return "unknown";
}

Code code_of(Reason reason) {
  switch (reason) {
    case Reason::none: return Code::ok;
    case Reason::unknown_module:
    case Reason::unknown_verb: return Code::not_found;
    case Reason::no_endpoint:
    case Reason::endpoint_failed:
    case Reason::behind: return Code::unavailable;
    case Reason::timeout: return Code::deadline_exceeded;
    case Reason::overloaded: return Code::resource_exhausted;
    case Reason::other_incarnation: return Code::failed_precondition;
    case Reason::invalid: return Code::invalid_argument;
    case Reason::cancelled: return Code::cancelled;
    case Reason::not_exported:
    case Reason::forbidden: return Code::permission_denied;
  }
  return Code::internal;
}

}  // namespace millrace::routing
