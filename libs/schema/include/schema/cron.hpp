// Cron expressions: 5 fields (minute, hour, day, month, weekday), 6 with seconds first, 7 with a
// year last, of lists, ranges and steps; or a duration such as `5m`; or a weekday, which means
// midnight UTC. Pure.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "statekit/result.hpp"

namespace millrace::schema {

inline constexpr int cron_year_first = 1970;
inline constexpr int cron_year_last = 2199;

struct CronSchedule {
  std::optional<std::int64_t> every_seconds;  // set: the rest is unused
  std::bitset<60> seconds;
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // from 1
  std::bitset<13> months;   // from 1
  std::bitset<7> weekdays;  // from 0, Sunday
  std::bitset<230> years;   // from cron_year_first
  // Where both are restricted, either the day or the weekday is enough, as cron has always had it.
  bool any_day = true;
  bool any_weekday = true;
};

// Refuses what is no expression, and one that no date can ever meet, such as the 30th of February.
statekit::Result<CronSchedule> parse_cron(std::string_view expression);

}  // namespace millrace::schema
