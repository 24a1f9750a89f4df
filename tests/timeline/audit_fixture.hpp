// What the audit's files in fixtures/ hold.
#pragma once

#include <vector>

#include "timeline/audit_events.hpp"

namespace millrace::test {

inline constexpr const char* audit_fixture_file = "0123456789abcdef0123456789abcdef";

// In the order in which it was told to a room for 3 events of each kind.
inline std::vector<TimelineEvent> audit_fixture_events() {
  std::vector<TimelineEvent> events;
  for (const char* name : {"ada", "bob", "bob", "bob", "cal"}) events.push_back(denied(name));
  events.push_back(denied("", "2001:db8::/64"));
  for (const char* name : {"eve", "eve", "eve", "zoe"}) events.push_back(secret_read(name));
  events.push_back(audit_event(
      "audit.secrets-given",
      {{"deployment", "dpl-shop-0123456789"}, {"module", "shop"}, {"secrets", "api_key@7"}}));
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i].time_ms = 1'700'000'000'000 + static_cast<statekit::WallMs>(i);
  return events;
}

}  // namespace millrace::test
