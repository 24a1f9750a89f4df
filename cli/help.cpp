#include "cli/help.hpp"

#include <algorithm>
#include <utility>

namespace millrace::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const Rows& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) {
    text += "  " + left + std::string(width - left.size() + 2, ' ') + right + "\n";
  }
  return text;
}

std::string left_side(const Option& option) {
  std::string names = option.names;
  if (const auto comma = names.find(','); comma != std::string::npos) names.insert(comma + 1, " ");
  if (names.starts_with("--")) names.insert(0, "    ");
  return names + (option.value.empty() ? "" : " " + option.value);
}

std::string right_side(const Option& option) {
  std::string text = option.help;
  if (!option.fallback.empty()) text += " [" + option.fallback + "]";
  if (option.repeats) text += " (may be repeated)";
  return text;
}

std::string word_of(const Argument& argument) {
  std::string word = argument.name + (argument.many ? "..." : "");
  if (argument.after_dashes) return "-- " + word;
  return argument.required ? word : "[" + word + "]";
}

}  // namespace

std::string usage_of(const Command& command) {
  std::string usage = "millrace " + command.words();
  bool dashes = false;
  for (const Argument& argument : command.arguments()) dashes = dashes || argument.after_dashes;
  for (const Argument& argument : command.arguments()) {
    if (argument.after_dashes) usage += " [OPTIONS]";
    usage += " " + word_of(argument);
  }
  return usage + (dashes || command.options().empty() ? "" : " [OPTIONS]");
}

std::string help_of(const Command& command) {
  std::string text = command.about() + "\n\nUsage: " + usage_of(command) + "\n";
  Rows arguments;
  for (const Argument& argument : command.arguments()) {
    arguments.emplace_back(argument.name, argument.help);
  }
  if (!arguments.empty()) text += "\nArguments:\n" + table(arguments);
  Rows options;
  for (const Option& option : command.options()) {
    options.emplace_back(left_side(option), right_side(option));
  }
  options.emplace_back("-h, --help", "print this");
  text += "\nOptions:\n" + table(options);
  if (!command.examples().empty()) text += "\nExamples:\n" + command.examples();
  return text;
}

std::string help_of_group(const std::vector<Command>& commands, const std::string& group) {
  Rows rows;
  for (const Command& command : commands) {
    if (group.empty() || command.words().starts_with(group + " ")) {
      rows.emplace_back(command.words(), command.about());
    }
  }
  const std::string name = group.empty() ? "millrace" : "millrace " + group;
  std::string text = group.empty() ? "Deploys modules, calls them and shows what happens.\n\n" : "";
  text += "Usage: " + name + " COMMAND\n\nCommands:\n" + table(rows);
  text += "\n`" + name + " COMMAND --help` shows its options and examples.\n";
  if (!group.empty()) return text;
  return text +
         "Exit codes: 0 done; 1 the answer is no, or the input is wrong; 2 could not do it.\n"
         "Addresses come from --schema, --routing and --timeline, else from MILLRACE_CLI_SCHEMA,\n"
         "MILLRACE_CLI_ROUTING and MILLRACE_CLI_TIMELINE, else they are those of a local `millrace "
         "serve`.\n"
         "\nStart with:\n"
         "  millrace serve                            all services in one process\n"
         "  millrace run echo.schema -- ./echo        deploy a module and run its program\n"
         "  millrace call echo.echo '{\"name\":\"Ada\"}'  call a verb\n";
}

}  // namespace millrace::cli
