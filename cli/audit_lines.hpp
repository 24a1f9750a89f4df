// The timeline's lines for the audit as `millrace audit` shows them. Pure.
#pragma once

#include <optional>

#include "cli/client/reports.hpp"
#include "statekit/audit_line.hpp"

namespace millrace::cli {

// Nothing: it is no line of the audit, or not one that is wanted.
std::optional<AuditEntry> audit_entry_of(const TimelineEvent& event,
                                         const statekit::AuditFilter& wanted);

}  // namespace millrace::cli
