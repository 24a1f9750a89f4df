// Logs are events with fields: log_info("feed.connected", {{"revision", 7}}). One line for a change
// of the process's state, never one for a request. Lines go to standard error as text or JSON, and
// to a sink where one is set (the timeline). Thread safe; before set_up_logging: text, info.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/result.hpp"

namespace millrace::statekit {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

std::string_view name_of(LogLevel level);
Result<LogLevel> parse_log_level(std::string_view name);    // debug info warn error off
Result<LogFormat> parse_log_format(std::string_view name);  // text json

class LogValue {
 public:
  LogValue(std::string_view text) : value_(std::string(text)) {}  // NOLINT: implicit on purpose
  LogValue(const std::string& text) : value_(text) {}             // NOLINT
  LogValue(const char* text) : value_(std::string(text)) {}       // NOLINT
  LogValue(bool flag) : value_(flag) {}                           // NOLINT
  LogValue(double number) : value_(number) {}                     // NOLINT
  template <std::signed_integral Number>
  LogValue(Number number) : value_(std::int64_t{number}) {}  // NOLINT
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) LogValue(Number number)
      : value_(std::uint64_t{number}) {}  // NOLINT

  const auto& value() const { return value_; }
  std::string text() const;

 private:
  std::variant<std::string, bool, double, std::int64_t, std::uint64_t> value_;
};

using LogField = std::pair<std::string_view, LogValue>;
using LogFields = std::initializer_list<LogField>;

void log(LogLevel level, std::string_view event, LogFields fields = {});
inline void log_debug(std::string_view e, LogFields f = {}) { log(LogLevel::debug, e, f); }
inline void log_info(std::string_view e, LogFields f = {}) { log(LogLevel::info, e, f); }
inline void log_warn(std::string_view e, LogFields f = {}) { log(LogLevel::warn, e, f); }
inline void log_error(std::string_view e, LogFields f = {}) { log(LogLevel::error, e, f); }

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};
void set_up_logging(LogOptions options);

// A line as a sink sees it.
struct LogLine {
  LogLevel level = LogLevel::info;
  WallMs time_ms = 0;
  std::string event;
  std::vector<std::pair<std::string, std::string>> fields;
};
std::string to_text(const LogLine& line);

// Called for each line that passes the level, on the logging thread: it must not block and must not
// log. Null removes it; when this returns, the old sink is not running.
void set_log_sink(std::function<void(const LogLine&)> sink);

}  // namespace millrace::statekit
