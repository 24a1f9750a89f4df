// Single values in JSON: numbers without loss, times, base64. Pure. Private to this library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::schema {

bool is_json_number(std::string_view text);

enum class WholeFault { none, fraction, range };
// The 64-bit integer that a JSON number stands for, `1e3` and `2.0` included, worked out on its
// digits. REQUIRES: is_json_number.
WholeFault whole_number(std::string_view text, std::int64_t& number);

// The nearest double; nullopt when it is past the largest. REQUIRES: is_json_number.
std::optional<double> floating_number(std::string_view text);
std::string floating_text(double number);  // shortest that reads back as the same

// RFC 3339 with a zone, the date checked against the calendar; the letters T and Z made upper case.
std::optional<std::string> time_text(std::string_view text);

// RFC 4648, the usual alphabet, padded, no stray bits.
bool is_base64(std::string_view text);

}  // namespace millrace::schema
