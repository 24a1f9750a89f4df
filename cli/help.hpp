// What --help prints: for `millrace` itself and its groups a list of commands, for a command its
// usage, arguments, options and examples. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace millrace::cli {

// `group`: "" for all, "schema" for those that begin with it.
std::string help_of_group(const std::vector<Command>& commands, const std::string& group);
std::string help_of(const Command& command);
std::string usage_of(const Command& command);

}  // namespace millrace::cli
