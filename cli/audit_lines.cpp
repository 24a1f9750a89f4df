#include "cli/audit_lines.hpp"

namespace millrace::cli {

namespace {

using statekit::AuditKind;
using statekit::LogEvent;

LogEvent line_of(const TimelineEvent& event) {
  return {statekit::LineLevel::unspecified, event.subject, event.deployment, event.message,
          event.fields};
}

std::string field(const LogEvent& line, const char* name) {
  const auto found = line.fields.find(name);
  return found == line.fields.end() ? "" : found->second;
}

// How many, of a field that counts; empty: none.
std::string count(const LogEvent& line, const char* name) {
  const std::string number = field(line, name);
  return number == "0" ? "" : number;
}

// Some later release's line is shown by its name rather than not at all.
std::string what_of(const LogEvent& line) {
  if (line.message == "audit.secret-read")
    return "secret " + field(line, "secret") + " read, version " + field(line, "version");
  if (line.message == "audit.secrets-given")
    return "given the secrets of " + field(line, "module") + ": " + field(line, "secrets");
  const std::string what = field(line, "what");
  return what.empty() ? line.message : what;
}

std::string why_of(const LogEvent& line) {
  const std::string why = field(line, "why");
  return why.empty() ? field(line, "reason") : why;
}

}  // namespace

std::optional<AuditEntry> audit_entry_of(const TimelineEvent& event,
                                         const statekit::AuditFilter& wanted) {
  if (event.type != "log") return std::nullopt;
  const LogEvent line = line_of(event);
  const AuditKind kind = audit_kind(line);
  if (kind == AuditKind::none || !matches(wanted, line)) return std::nullopt;
  AuditEntry entry{event.time_ms,           audit_who(line),        what_of(line),
                   field(line, "from"),     why_of(line),           0,
                   count(line, "left_out"), kind == AuditKind::done};
  entry.event = line.message;
  entry.modules = field(line, statekit::module_field);
  entry.lost_before = count(line, "lost_before");
  return entry;
}

}  // namespace millrace::cli
