#include "statekit/audit_line.hpp"

#include <algorithm>

namespace millrace::statekit {
namespace {

const std::string* find(const LogEvent& line, const char* name) {
  const auto found = line.fields.find(name);
  return found == line.fields.end() ? nullptr : &found->second;
}

std::string field(const LogEvent& line, const char* name) {
  const std::string* value = find(line, name);
  return value == nullptr ? "" : *value;
}

bool is_of_platform(const LogEvent& line) {
  return line.deployment.empty() && !line.source.empty() &&
         line.message.starts_with(line.source + ".");
}

bool names(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool is_by(const std::string& who, const LogEvent& line) {
  const std::string told = audit_who(line);
  if (told == who || field(line, "deployment") == who) return true;
  if (const std::string* principal = find(line, principal_field)) return *principal == who;
  return told.starts_with(who + " (");
}

bool is_about(const std::string& module, const LogEvent& line) {
  if (const std::string* named = find(line, module_field); named != nullptr)
    return names(*named, module);
  return (field(line, "what") + " " + field(line, "secret") + " " + field(line, "why"))
             .find(module) != std::string::npos;
}

}  // namespace

AuditKind audit_kind(const LogEvent& line) {
  if (!is_of_platform(line)) return AuditKind::none;
  if (line.message == access_denied) return AuditKind::denied;
  return line.message == state_forced || line.source == "audit" ? AuditKind::done : AuditKind::none;
}

std::string audit_who(const LogEvent& line) {
  for (const char* name : {"who", "by"})
    if (const std::string* value = find(line, name)) return *value;
  const std::string deployment = field(line, "deployment");
  return deployment.empty() ? "" : "deployment " + deployment;
}

std::string audit_share(const LogEvent& line) {
  if (const std::string principal = field(line, principal_field); !principal.empty())
    return "principal " + principal;
  if (const std::string address = field(line, address_field); !address.empty())
    return "address " + address;
  return audit_who(line);
}

bool matches(const AuditFilter& filter, const LogEvent& line) {
  return (filter.who.empty() || is_by(filter.who, line)) &&
         (filter.module.empty() || is_about(filter.module, line));
}

}  // namespace millrace::statekit
