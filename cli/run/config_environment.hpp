// Config values as environment variables of a program that `millrace run` starts: the values that
// its deployment is given first. docs/modules.md tells module authors of them. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/client/reports.hpp"

namespace millrace::cli {

inline constexpr const char* config_variable_prefix = "MILLRACE_RUN_CONFIG_";
// A longer value is left out: the kernel takes no more in one variable.
inline constexpr std::size_t config_variable_bytes_max = 64 * 1024;

struct ConfigEnvironment {
  // MILLRACE_RUN_CONFIG_<name as declared>: a text as it is, anything else as JSON.
  std::map<std::string, std::string> variables;
  std::vector<std::string> remarks;  // what has no value, and what is left out, for people
};
ConfigEnvironment config_environment(const std::string& module,
                                     const std::vector<ContextValue>& values);

}  // namespace millrace::cli
