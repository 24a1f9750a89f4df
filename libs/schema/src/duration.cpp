#include "schema/duration.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace millrace::schema {

std::optional<std::int64_t> parse_duration(std::string_view text) {
  static constexpr std::int64_t longest = 10'000LL * 86'400;
  static constexpr std::string_view units = "dhms";
  static constexpr std::array<std::int64_t, 4> lengths = {86'400, 3'600, 60, 1};
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc() || text.front() == '-' || count > longest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    const std::size_t unit = text.empty() ? units.npos : units.find(text.front(), next_unit);
    if (unit == units.npos) return std::nullopt;
    text.remove_prefix(1);
    next_unit = unit + 1;
    total += count * lengths[unit];
    if (total > longest) return std::nullopt;
  }
  return total;
}

}  // namespace millrace::schema
