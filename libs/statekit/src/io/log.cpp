#include "statekit/io/log.hpp"
#include "statekit/io/audit.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "statekit/io/clock.hpp"

namespace millrace::statekit {
namespace {

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};

struct Logging {
  std::atomic<LogLevel> level{LogLevel::info};
  std::atomic<LogFormat> format{LogFormat::text};
  std::shared_ptr<spdlog::logger> out;
  std::mutex sink_mutex;
  std::function<void(const LogLine&)> sink;

  Logging() : out(spdlog::stderr_logger_mt("millrace")) {
    out->set_pattern("%v");
    out->set_level(spdlog::level::trace);
    out->flush_on(spdlog::level::trace);
  }
};

// Never destroyed: threads may log until the very end.
Logging& logging() {
  static Logging& instance = *new Logging;
  return instance;
}

std::string timestamp(WallMs time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s.%03dZ", day.data(), static_cast<int>(time_ms % 1000));
  return text.data();
}

nlohmann::ordered_json to_json(const LogValue& value) {
  return std::visit([](const auto& held) { return nlohmann::ordered_json(held); }, value.value());
}

// Quoted only where a reader could not tell where the value ends.
std::string quoted(const std::string& text) {
  if (!text.empty() && text.find_first_of(" \t\r\n\"=\\") == std::string::npos) return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_line(LogLevel level, WallMs now, std::string_view event, LogFields fields) {
  nlohmann::ordered_json line;
  line["time"] = timestamp(now);
  line["level"] = name_of(level);
  line["event"] = event;
  for (const auto& [name, value] : fields) line[std::string(name)] = to_json(value);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string_view name_of(LogLevel level) { return level_names[static_cast<std::size_t>(level)]; }

Result<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == name) return static_cast<LogLevel>(i);
  return fail(Code::invalid_argument, "no log level is named '" + std::string(name) +
                                          "': it is one of debug, info, warn, error, off");
}

Result<LogFormat> parse_log_format(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return fail(Code::invalid_argument,
              "no log format is named '" + std::string(name) + "': it is text or json");
}

std::string LogValue::text() const {
  if (const auto* held = std::get_if<std::string>(&value_)) return *held;
  return to_json(*this).dump();
}

std::string to_text(const LogLine& line) {
  std::string text = timestamp(line.time_ms) + " " + std::string(name_of(line.level));
  text.append(line.level == LogLevel::info || line.level == LogLevel::warn ? 2 : 1, ' ');
  text += line.event;
  for (const auto& [name, value] : line.fields) text += " " + name + "=" + quoted(value);
  return text;
}

namespace {

void write(LogLevel level, std::string_view event, LogFields fields) {
  Logging& to = logging();
  LogLine line{level, SystemClock().wall_ms(), std::string(event), {}};
  for (const auto& [name, value] : fields) line.fields.emplace_back(name, value.text());
  const bool json = to.format.load(std::memory_order_relaxed) == LogFormat::json;
  const std::string text = json ? json_line(level, line.time_ms, event, fields) : to_text(line);
  to.out->info(spdlog::string_view_t(text.data(), text.size()));
  std::lock_guard lock(to.sink_mutex);
  if (to.sink) to.sink(line);
}

}  // namespace

void log(LogLevel level, std::string_view event, LogFields fields) {
  if (level >= logging().level.load(std::memory_order_relaxed)) write(level, event, fields);
}

void audit(std::string_view event, LogFields fields) { write(LogLevel::warn, event, fields); }

void set_up_logging(LogOptions options) {
  logging().level = options.level;
  logging().format = options.format;
}

void set_log_sink(std::function<void(const LogLine&)> sink) {
  std::lock_guard lock(logging().sink_mutex);
  logging().sink = std::move(sink);
}

}  // namespace millrace::statekit
