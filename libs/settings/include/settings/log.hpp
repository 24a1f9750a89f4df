// The settings that every binary's log has in common: `log.level` and `log.format`. Described by
// each main.cpp, once, before statekit::set_up_logging:
//
//   statekit::set_up_logging({*statekit::parse_log_level(log.level),
//                             *statekit::parse_log_format(log.format)});
#pragma once

#include <string>

#include "settings/settings.hpp"

namespace millrace::settings {

struct Log {
  std::string level = "info";
  std::string format = "text";
};

inline void describe(Fields& fields, Log& log) {
  fields.choice("log.level", log.level, {"debug", "info", "warn", "error", "off"},
                "the least important lines that are written");
  fields.choice("log.format", log.format, {"text", "json"}, "how a line is written");
}

}  // namespace millrace::settings
