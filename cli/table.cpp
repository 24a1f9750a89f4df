#include "cli/table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "cli/session.hpp"

namespace millrace::cli {
namespace {

// Columns that a terminal needs: continuation octets of UTF-8 take none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string milliseconds_of(std::int64_t wall_ms) {
  char text[8];
  std::snprintf(text, sizeof text, ".%03d", static_cast<int>(((wall_ms % 1000) + 1000) % 1000));
  return text;
}

}  // namespace

std::string Table::text(bool bold_heads) const {
  std::vector<std::vector<std::string>> rows{heads_};
  for (const auto& row : rows_) {
    rows.emplace_back();
    for (const std::string& cell : row) rows.back().push_back(cell.empty() ? "-" : printable(cell));
  }
  std::vector<std::size_t> widths(heads_.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    text += bold_heads && text.empty() ? "\033[1m" + line + "\033[0m\n" : line + "\n";
  }
  return text;
}

std::string age(std::int64_t milliseconds) {
  struct Unit {
    std::int64_t milliseconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> units{
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}}};
  for (const Unit& unit : units) {
    if (milliseconds >= unit.milliseconds) {
      return std::to_string(milliseconds / unit.milliseconds) + unit.name;
    }
  }
  return std::to_string(std::max<std::int64_t>(milliseconds, 0)) + "ms";
}

std::string rfc3339(std::int64_t wall_ms) {
  const std::time_t seconds = (wall_ms - (((wall_ms % 1000) + 1000) % 1000)) / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%FT%T", &utc);
  return text + milliseconds_of(wall_ms) + "Z";
}

std::string clock_time(std::int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%T", &local);
  return text + milliseconds_of(wall_ms);
}

std::string commas(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "-" : text;
}

}  // namespace millrace::cli
