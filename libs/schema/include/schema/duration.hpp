// Durations as the schema language writes them: `1d3h2m5s`, units from the largest to the smallest,
// each at most once. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::schema {

// In seconds; nullopt: not a duration, or longer than 10,000 days.
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace millrace::schema
