// What the platform tells for the audit: which lines of the timeline are of it, what they are about
// and in whose share they are counted. Asked by the timeline, which keeps them in a room of their
// own, by whoever sends lines there, which leaves none of these out, and by `millrace audit`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "statekit/timeline_event.hpp"

namespace millrace::statekit {

enum class AuditKind : std::uint8_t { none, denied, done };

// The names of the two that do not begin with "audit.".
inline constexpr std::string_view access_denied = "access.denied";
inline constexpr std::string_view state_forced = "state.forced";

// Fields of such lines, beside those that are for people only.
inline constexpr const char* principal_field = "principal";  // who it was; empty: nobody known
inline constexpr const char* address_field = "address";      // of the other end, without its port
inline constexpr const char* module_field = "module";  // which it concerns; several: by spaces

// `none` of all that is not of the platform: its own lines name no deployment, which whatever
// serves a module has to (services/timeline/permit.hpp), and their source is what their name begins
// with.
AuditKind audit_kind(const LogEvent& line);

// Who stands behind it, for people: the field `who` or `by`, or the deployment that was given
// something.
std::string audit_who(const LogEvent& line);

// Whose share of the room it takes: the principal's, where somebody is known to be one, else the
// address's. So a stranger takes from strangers at that address and from nobody else.
std::string audit_share(const LogEvent& line);

// Everything that is set must match. Lines of services that are older than the fields that say so
// are held against by their words.
struct AuditFilter {
  std::string who;     // a principal, a deployment, or the whole of audit_who
  std::string module;  // whole
  bool operator==(const AuditFilter&) const = default;
};
bool matches(const AuditFilter& filter, const LogEvent& line);

}  // namespace millrace::statekit
