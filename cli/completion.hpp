// Shell completion, made from the table of commands: what `millrace completion SHELL` prints. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace millrace::cli {

std::string bash_completion(const std::vector<Command>& commands);
std::string zsh_completion(const std::vector<Command>& commands);
std::string fish_completion(const std::vector<Command>& commands);

}  // namespace millrace::cli
