#include "cli/moment.hpp"

#include <ctime>

#include "schema/duration.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;

Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms) {
  if (const auto age_s = schema::parse_duration(text)) return now_ms - *age_s * 1'000;
  std::tm utc{};
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"}) {
    utc = {};
    const char* end = strptime(text.c_str(), format, &utc);
    if (end != nullptr && *end == '\0') return std::int64_t{timegm(&utc)} * 1'000;
  }
  return fail(Code::invalid_argument,
              "wanted an age such as 90m or 7d, a day such as 2026-11-28, or a time such as "
              "2026-11-28T09:14:02Z, got \"" +
                  text + '"');
}

}  // namespace millrace::cli
