// Lines for the audit, as the platform's services tell them.
#pragma once

#include <string>

#include "statekit/audit_line.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::test {

using statekit::LineLevel;
using statekit::LogEvent;
using statekit::TimelineEvent;

inline TimelineEvent audit_event(const std::string& message,
                                 std::map<std::string, std::string> fields,
                                 statekit::WallMs time = 1) {
  return {0, time, "", "",
          LogEvent{LineLevel::warn, message.substr(0, message.find('.')), "", message,
                   std::move(fields)}};
}

// Denied to somebody who is known, or to nobody at that address.
inline TimelineEvent denied(const std::string& principal, const std::string& address = "10.0.0.1",
                            const std::string& what = "Deploy") {
  return audit_event("access.denied",
                     {{"who", principal.empty() ? "token abc" : principal + " (token abc)"},
                      {"what", what},
                      {"why", "may not"},
                      {"from", "ipv4:" + address + ":1"},
                      {"principal", principal},
                      {"address", address},
                      {"module", "shop"}});
}

inline TimelineEvent secret_read(const std::string& by, const std::string& module = "shop") {
  return audit_event("audit.secret-read", {{"secret", module + ".api_key"},
                                           {"version", "7"},
                                           {"by", by},
                                           {"from", "ipv4:10.0.0.1:1"},
                                           {"reason", "to look"},
                                           {"principal", by},
                                           {"module", module}});
}

}  // namespace millrace::test
