#include "json_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace millrace::schema {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t count = digits_at(text, ++at);
    if (count == 0) return false;
    at += count;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t count = digits_at(text, at);
    if (count == 0) return false;
    at += count;
  }
  return at == text.size();
}

WholeFault whole_number(std::string_view text, std::int64_t& number) {
  const auto exact = std::from_chars(text.data(), text.data() + text.size(), number);
  if (exact.ptr == text.data() + text.size()) {
    return exact.ec == std::errc() ? WholeFault::none : WholeFault::range;
  }
  // mantissa * 10^shift, the mantissa as digits without a point
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  std::string_view power = mark == text.size() ? "0" : text.substr(mark + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::int64_t shift = 0;
  const bool huge = std::from_chars(power.data(), power.data() + power.size(), shift).ec ==
                    std::errc::result_out_of_range;
  std::string digits(text.substr(0, mark));
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    if (!huge) shift -= static_cast<std::int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) {
    number = 0;
    return WholeFault::none;
  }
  if (huge) return power.front() == '-' ? WholeFault::fraction : WholeFault::range;
  while (shift < 0 && digits.back() == '0') {
    digits.pop_back();
    ++shift;
  }
  static constexpr std::int64_t digits_max = 19;
  if (shift < 0) return WholeFault::fraction;
  if (static_cast<std::int64_t>(digits.size()) > digits_max || shift > digits_max ||
      static_cast<std::int64_t>(digits.size()) + shift > digits_max) {
    return WholeFault::range;
  }
  digits.append(static_cast<std::size_t>(shift), '0');
  if (negative) digits.insert(0, 1, '-');
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc() ? WholeFault::none : WholeFault::range;
}

std::optional<double> floating_number(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && std::isfinite(number)) return number;
  // Out of range at the small end is zero, at the large end it is refused.
  const std::size_t mark = text.find_first_of("eE");
  const bool small =
      mark != std::string_view::npos && mark + 1 < text.size() && text[mark + 1] == '-';
  const bool zero = text.find_first_of("123456789") >= std::min(mark, text.size());
  if (zero) return 0.0;
  if (!small) {
    const bool below_one = text.substr(text.front() == '-' ? 1 : 0, 2) == "0.";
    if (!below_one || mark != std::string_view::npos) return std::nullopt;
  }
  return 0.0;
}

std::string floating_text(double number) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr};
}

namespace {

// Reads exactly `count` digits as a number between two limits.
bool field(std::string_view& text, std::size_t count, int least, int most, int& number) {
  if (digits_at(text.substr(0, count), 0) != count) return false;
  std::from_chars(text.data(), text.data() + count, number);
  text.remove_prefix(count);
  return number >= least && number <= most;
}

bool sign(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == allowed.npos) return false;
  text.remove_prefix(1);
  return true;
}

bool date(std::string_view& text) {
  static constexpr std::array<int, 12> days = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 0, month = 0, day = 0;
  if (!field(text, 4, 0, 9999, year) || !sign(text, "-") || !field(text, 2, 1, 12, month) ||
      !sign(text, "-") || !field(text, 2, 1, days[static_cast<std::size_t>(month - 1)], day)) {
    return false;
  }
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month != 2 || day < 29 || leap;
}

bool clock_time(std::string_view& text) {
  int hour = 0, minute = 0, second = 0;
  if (!field(text, 2, 0, 23, hour) || !sign(text, ":") || !field(text, 2, 0, 59, minute) ||
      !sign(text, ":") || !field(text, 2, 0, 60, second)) {
    return false;
  }
  if (!sign(text, ".")) return true;
  const std::size_t fraction = digits_at(text, 0);
  text.remove_prefix(fraction);
  return fraction > 0;
}

bool zone(std::string_view text) {
  if (text == "Z" || text == "z") return true;
  int hour = 0, minute = 0;
  return sign(text, "+-") && field(text, 2, 0, 23, hour) && sign(text, ":") &&
         field(text, 2, 0, 59, minute) && text.empty();
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> time_text(std::string_view text) {
  std::string_view rest = text;
  if (!date(rest) || !sign(rest, "Tt") || !clock_time(rest) || !zone(rest)) return std::nullopt;
  std::string upper(text);
  upper[10] = 'T';
  if (upper.back() == 'z') upper.back() = 'Z';
  return upper;
}

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.size() - std::min(text.find('='), text.size());
  if (padding > 2 || text.substr(text.size() - padding).find_first_not_of('=') != text.npos) {
    return false;
  }
  const std::string_view data = text.substr(0, text.size() - padding);
  if (!std::all_of(data.begin(), data.end(), [](char c) { return base64_value(c) >= 0; })) {
    return false;
  }
  // The bits of the last letter that belong to no octet must be zero, so that each value has one
  // text.
  const int stray = padding == 0 ? 0 : padding == 1 ? 0x3 : 0xf;
  return padding == 0 || (base64_value(data.back()) & stray) == 0;
}

}  // namespace millrace::schema
