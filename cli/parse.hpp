// From the words of a command line to one command with its options set. CLI11 stays in parse.cpp.
// Main thread, once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace millrace::cli {

struct Parsed {
  const Command* command = nullptr;
  std::optional<int> exit_code;  // set: help was printed, or an error; there is nothing to run
};

// `words` without the program's name. Help goes to session.out, errors to session.err.
Parsed parse(const std::vector<Command>& commands, const std::vector<std::string>& words,
             const Session& session);

}  // namespace millrace::cli
