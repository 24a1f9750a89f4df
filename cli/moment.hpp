// A moment of the past as people write it, for --since. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "statekit/result.hpp"

namespace millrace::cli {

// An age ("90m", "7d"), a day ("2026-11-28") or a time ("2026-11-28T09:14:02Z"), both in UTC, as
// milliseconds of the wall clock. InvalidArgument says what would do.
statekit::Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms);

}  // namespace millrace::cli
