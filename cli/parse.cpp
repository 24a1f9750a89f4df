#include "cli/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <map>

#include "cli/help.hpp"
#include "settings/nearest.hpp"

namespace millrace::cli {
namespace {

class WrongValue : public CLI::ParseError {
 public:
  explicit WrongValue(const std::string& message)
      : CLI::ParseError("WrongValue", message, CLI::ExitCodes::ValidationError) {}
};

void add_option(CLI::App& app, const Option& option) {
  if (option.value.empty()) {
    app.add_flag_callback(option.names, [&option] { (void)option.set("true"); });
    return;
  }
  const auto set = [&option](const std::vector<std::string>& values) {
    if (values.size() > 1 && !option.repeats) {
      throw WrongValue(option.long_name() + " is given twice");
    }
    for (const std::string& value : values) {
      if (const auto status = option.set(value); !status) {
        throw WrongValue(option.long_name() + ": " + status.error().message);
      }
    }
  };
  app.add_option_function<std::vector<std::string>>(option.names, set)->allow_extra_args(false);
}

// Positional words, in order: each argument takes one, the last of many the rest. `words` is what
// CLI11 left over; `after` what stood behind `--`.
std::string fill_arguments(const Command& command, const std::vector<std::string>& words,
                           const std::vector<std::string>& after) {
  std::size_t next = 0;
  for (const Argument& argument : command.arguments()) {
    const std::vector<std::string>& from = argument.after_dashes ? after : words;
    std::size_t index = argument.after_dashes ? 0 : next;
    if (index >= from.size() && argument.required) {
      return argument.name + " is missing: " + argument.help;
    }
    const std::size_t end = argument.many ? from.size() : std::min(index + 1, from.size());
    for (; index < end; ++index) argument.set(from[index]);
    if (!argument.after_dashes) next = end;
  }
  return next < words.size() ? "\"" + words[next] + "\" is one argument too many" : "";
}

std::string unknown_option(const Command& command, const std::string& word) {
  std::vector<std::string> known{"--help"};
  for (const Option& option : command.options()) known.push_back(option.long_name());
  const std::string name = word.substr(0, word.find('='));
  return name + ": no such option" + settings::did_you_mean(name, known);
}

class Parser {
 public:
  Parser(const std::vector<Command>& commands, const Session& session)
      : commands_(commands), session_(session) {}

  Parsed parse(std::vector<std::string> words) const {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const std::vector<std::string> after(dashes == words.end() ? dashes : dashes + 1, words.end());
    words.erase(dashes, words.end());
    if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
      return print(help_of_group(commands_, ""), words.empty() ? refused : done);
    }
    if (words[0] == "--version") words[0] = "version";
    for (const Command& command : commands_) {
      const auto count = words_matched(command, words);
      if (count == 0) continue;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
      return parse_command(command, std::move(words), after);
    }
    return parse_group(words);
  }

 private:
  Parsed print(const std::string& text, int exit_code) const {
    (exit_code == done ? *session_.out : *session_.err) << text;
    return {nullptr, exit_code};
  }

  Parsed refuse(const std::string& what, const std::string& hint) const {
    return print("error: " + printable(what) + "\n" + hint, refused);
  }

  static std::size_t words_matched(const Command& command, const std::vector<std::string>& words) {
    const auto space = command.words().find(' ');
    if (space == std::string::npos) return words[0] == command.words() ? 1 : 0;
    const bool both = words.size() > 1 && words[0] == command.words().substr(0, space) &&
                      words[1] == command.words().substr(space + 1);
    return both ? 2 : 0;
  }

  Parsed parse_group(const std::vector<std::string>& words) const {
    const std::string& group = words[0];
    std::vector<std::string> firsts, seconds;
    for (const Command& command : commands_) {
      const auto space = command.words().find(' ');
      firsts.push_back(command.words().substr(0, space));
      if (firsts.back() == group) seconds.push_back(command.words().substr(space + 1));
    }
    if (seconds.empty()) {
      return refuse("no command named " + group + settings::did_you_mean(group, firsts),
                    "`millrace --help` lists them.\n");
    }
    if (words.size() == 1) return print(help_of_group(commands_, group), refused);
    if (words[1] == "--help" || words[1] == "-h") {
      return print(help_of_group(commands_, group), done);
    }
    return refuse(
        "no command named " + group + " " + words[1] + settings::did_you_mean(words[1], seconds),
        "`millrace " + group + " --help` lists them.\n");
  }

  Parsed parse_command(const Command& command, std::vector<std::string> words,
                       const std::vector<std::string>& after) const {
    const std::string hint = "`millrace " + command.words() + " --help` shows how.\n";
    CLI::App app;
    app.set_help_flag();
    bool help = false;
    app.add_flag("-h,--help", help);
    for (const Option& option : command.options()) add_option(app, option);
    app.allow_extras();
    try {
      std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      if (!help) return refuse(error.what(), hint);
    }
    if (help) return print(help_of(command), done);
    const std::vector<std::string> left = app.remaining();
    for (const std::string& word : left) {
      if (word.size() > 1 && word[0] == '-') return refuse(unknown_option(command, word), hint);
    }
    const bool takes_after =
        !command.arguments().empty() && command.arguments().back().after_dashes;
    std::vector<std::string> plain = left;
    if (!takes_after) plain.insert(plain.end(), after.begin(), after.end());
    const std::string fault = fill_arguments(command, plain, after);
    if (!fault.empty()) return refuse(fault, "Usage: " + usage_of(command) + "\n" + hint);
    return {&command, std::nullopt};
  }

  const std::vector<Command>& commands_;
  const Session& session_;
};

}  // namespace

Parsed parse(const std::vector<Command>& commands, const std::vector<std::string>& words,
             const Session& session) {
  return Parser(commands, session).parse(words);
}

}  // namespace millrace::cli
