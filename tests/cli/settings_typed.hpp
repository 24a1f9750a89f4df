// The settings commands as a person types them.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/parse.hpp"

namespace millrace::test {

struct Said {
  int exit_code = 0;
  std::string out, err;
};

inline Said run(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  cli::Session session;
  session.out = &out;
  session.err = &err;
  const auto commands = cli::all_commands(session);
  const cli::Parsed parsed = cli::parse(commands, words, session);
  const int exit_code = parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  return {exit_code, out.str(), err.str()};
}

inline std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace millrace::test
