// One subcommand of `millrace` as data: its words, options, arguments, help and what it does. The
// table of them (commands.hpp) is what the parser, the help and the shell completion are made from.
// Built and used by the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::cli {

struct Option {
  std::string names;  // "--limit", or "-n,--limit"
  std::string value;  // what stands for its value in help, "N"; empty: a switch
  std::string help;
  std::string fallback;              // shown in help; empty: none
  std::vector<std::string> choices;  // empty: any
  bool repeats = false;
  std::function<statekit::Status(const std::string&)> set;  // called for each value

  std::string long_name() const;  // "--limit"
};

struct Argument {
  std::string name;  // "FILE"
  std::string help;
  bool required = true;
  bool many = false;
  bool after_dashes = false;                    // what stands after `--`
  bool is_file = false;                         // for completion
  std::function<void(const std::string&)> set;  // called for each word
};

class Command {
 public:
  // `words`: "schema check". REQUIRES: targets below live as long as the command.
  Command(std::string words, std::string about)
      : words_(std::move(words)), about_(std::move(about)) {}

  Command& flag(std::string names, bool& target, std::string help);
  Command& text(std::string names, std::string value, std::string& target, std::string help);
  Command& choice(std::string names, std::vector<std::string> choices, std::string& target,
                  std::string help);
  Command& list(std::string names, std::string value, std::vector<std::string>& target,
                std::string help);
  Command& number(std::string names, std::int64_t& target, std::int64_t min, std::int64_t max,
                  std::string help);
  // From 1; the target stays as it is where none is named.
  Command& revision(std::string names, statekit::Revision& target, std::string help);
  Command& duration(std::string names, std::int64_t& target_ms, std::int64_t max_ms,
                    std::string help);
  Command& address(std::string names, std::string& target, std::string help);
  Command& argument(std::string name, std::string& target, std::string help, bool required = true);
  Command& arguments(std::string name, std::vector<std::string>& target, std::string help);
  Command& file(std::string name, std::string& target, std::string help);
  Command& files(std::string name, std::vector<std::string>& target, std::string help);
  Command& optional_arguments();  // the last one added may be left out
  Command& after_dashes(std::string name, std::vector<std::string>& target, std::string help);

  // --output text|json.
  Command& prints_data(Session& session);
  // One or several, with commas between.
  Command& addresses(std::string names, std::string& target, std::string help);
  // --schema, --routing, --timeline ADDRESS, and --token-file.
  Command& uses_schema(Session& session);
  // The same, and --linearizable.
  Command& reads_schema(Session& session);
  Command& uses_routing(Session& session);
  Command& uses_timeline(Session& session);

  // --ca, --cert and --key FILE; part of those above.
  Command& uses_tls(Session& session);
  bool connects() const { return connects_; }
  // Whose calls carry the user's token: one or several with commas between, as the session has it.
  const std::vector<const std::string*>& services() const { return services_; }

  Command& examples(std::string text);
  // Options of a command live as long as it: `keep` holds them.
  Command& keep(std::shared_ptr<void> options);
  Command& action(std::function<int()> run);

  const std::string& words() const { return words_; }
  const std::string& about() const { return about_; }
  const std::string& examples() const { return examples_; }
  const std::vector<Option>& options() const { return options_; }
  const std::vector<Argument>& arguments() const { return arguments_; }
  int run() const { return run_(); }

 private:
  Command& add(Option option);

  std::string words_;
  std::string about_;
  std::string examples_;
  std::vector<Option> options_;
  std::vector<Argument> arguments_;
  std::vector<std::shared_ptr<void>> kept_;
  std::function<int()> run_;
  bool connects_ = false;
  std::vector<const std::string*> services_;
};

}  // namespace millrace::cli
