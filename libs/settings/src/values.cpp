#include "values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace millrace::settings {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string cut(text.substr(0, shown_max));
  return '"' + cut + (text.size() > shown_max ? "...\"" : "\"");
}

tl::unexpected<statekit::Error> wanted(const std::string& what, std::string_view found) {
  return fail(Code::invalid_argument, "wanted " + what + ", got " + quoted(found));
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

const Unit* unit_named(std::string_view name) {
  const auto* found =
      std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Nothing where the text is no duration or does not fit 64 bits.
std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::int64_t smaller_than = std::numeric_limits<std::int64_t>::max();
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || !is_digit(text.front())) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const auto name_end = std::find_if_not(text.begin(), text.end(), is_lower);
    const auto name = text.substr(0, static_cast<std::size_t>(name_end - text.begin()));
    const Unit* unit = unit_named(name);
    if (unit == nullptr || unit->milliseconds >= smaller_than) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(count, unit->milliseconds, &part)) return std::nullopt;
    if (__builtin_add_overflow(total, part, &total)) return std::nullopt;
    smaller_than = unit->milliseconds;
    text.remove_prefix(name.size());
  }
  return total;
}

bool is_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return host.find(':') != std::string_view::npos &&
           host.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos;
  }
  const auto allowed = [](char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), allowed);
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) {
    return false;
  }
  unsigned number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number <= 65535;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Result<std::int64_t> read_integer(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::string what = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value < min || value > max) return wanted(what, text);
  return value;
}

Result<bool> read_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return wanted("true or false", text);
}

Result<std::int64_t> read_duration(std::string_view text, std::int64_t min_ms,
                                   std::int64_t max_ms) {
  const auto value = parse_duration(text);
  if (!value) return wanted("a duration with its unit, such as 250ms, 10s, 5m or 1h", text);
  if (*value < min_ms || *value > max_ms) {
    return wanted("a duration from " + print_duration(min_ms) + " to " + print_duration(max_ms),
                  text);
  }
  return *value;
}

std::string print_duration(std::int64_t milliseconds) {
  std::string text;
  for (const Unit& unit : units) {
    const std::int64_t count = milliseconds / unit.milliseconds;
    milliseconds %= unit.milliseconds;
    if (count != 0) text += std::to_string(count) + std::string(unit.name);
  }
  return text.empty() ? "0s" : text;
}

std::vector<std::string> read_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto item = trimmed(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

std::string print_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

Status check_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && is_host(text.substr(0, colon)) &&
      is_port(text.substr(colon + 1))) {
    return {};
  }
  const bool bare_port = is_port(text);
  const bool bare_host = colon == std::string_view::npos && !bare_port && is_host(text);
  std::string instead = "127.0.0.1:8080";
  if (bare_port) instead = "127.0.0.1:" + std::string(text);
  if (bare_host) instead = std::string(text) + ":PORT";
  return wanted("host:port, such as " + instead, text);
}

}  // namespace millrace::settings
