#include "cli/completion.hpp"

#include <algorithm>
#include <map>

namespace millrace::cli {
namespace {

using Words = std::vector<std::string>;

// First words in order of the table, each once; of groups also their second words.
struct Tree {
  Words firsts;
  std::map<std::string, std::vector<const Command*>> groups;
};

std::string first_of(const Command& command) {
  return command.words().substr(0, command.words().find(' '));
}

bool in_group(const Command& command) { return command.words().find(' ') != std::string::npos; }

std::string last_of(const Command& command) {
  return command.words().substr(command.words().rfind(' ') + 1);
}

Tree tree_of(const std::vector<Command>& commands) {
  Tree tree;
  for (const Command& command : commands) {
    const std::string first = first_of(command);
    if (std::find(tree.firsts.begin(), tree.firsts.end(), first) == tree.firsts.end()) {
      tree.firsts.push_back(first);
    }
    if (in_group(command)) tree.groups[first].push_back(&command);
  }
  return tree;
}

std::string joined(const Words& words, const std::string& between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

Words last_words(const std::vector<const Command*>& commands) {
  Words words;
  for (const Command* command : commands) words.push_back(last_of(*command));
  return words;
}

Words option_names(const Command& command) {
  Words names;
  for (const Option& option : command.options()) names.push_back(option.long_name());
  names.emplace_back("--help");
  return names;
}

// In single quotes for zsh and fish; no help text of ours has a reason to hold one.
std::string plain(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '\'' || c == '[' || c == ']' || c == ':'; }),
             text.end());
  return text;
}

std::string about_of(const std::vector<Command>& commands, const std::string& first) {
  for (const Command& command : commands) {
    if (command.words() == first) return plain(command.about());
  }
  return "commands about " + first;
}

}  // namespace

std::string bash_completion(const std::vector<Command>& commands) {
  const Tree tree = tree_of(commands);
  std::map<std::string, std::string> choices;
  for (const Command& command : commands) {
    for (const Option& option : command.options()) {
      if (!option.choices.empty()) choices[option.long_name()] = joined(option.choices);
    }
  }
  std::string text =
      "# bash completion for millrace: source <(millrace completion bash)\n_millrace() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
      "  local command=${COMP_WORDS[1]}\n  COMPREPLY=()\n  case $before in\n";
  for (const auto& [name, values] : choices) {
    text +=
        "    " + name + ") COMPREPLY=($(compgen -W '" + values + "' -- \"$current\")); return ;;\n";
  }
  text += "  esac\n  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '" +
          joined(tree.firsts) + "' -- \"$current\"))\n    return\n  fi\n  case $command in\n";
  for (const auto& [first, members] : tree.groups) {
    text += "    " + first +
            ")\n      if ((COMP_CWORD == 2)); then\n        COMPREPLY=($(compgen -W '" +
            joined(last_words(members)) + "' -- \"$current\"))\n        return\n      fi\n" +
            "      command+=\" ${COMP_WORDS[2]}\" ;;\n";
  }
  text += "  esac\n  case $command in\n";
  for (const Command& command : commands) {
    text += "    '" + command.words() + "') words='" + joined(option_names(command)) + "' ;;\n";
  }
  return text +
         "  esac\n  [[ $current == -* ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\ncomplete -o default -F _millrace millrace\n";
}

std::string zsh_completion(const std::vector<Command>& commands) {
  const Tree tree = tree_of(commands);
  std::string text = "#compdef millrace\n# source <(millrace completion zsh)\n_millrace() {\n" +
                     std::string("  local -a items\n  if ((CURRENT == 2)); then\n    items=(\n");
  for (const std::string& first : tree.firsts) {
    text += "      '" + first + ":" + about_of(commands, first) + "'\n";
  }
  text += "    )\n    _describe command items\n    return\n  fi\n  case $words[2] in\n";
  for (const auto& [first, members] : tree.groups) {
    text += "    " + first + ")\n      if ((CURRENT == 3)); then\n        items=(\n";
    for (const Command* command : members) {
      text += "          '" + last_of(*command) + ":" + plain(command->about()) + "'\n";
    }
    text += "        )\n        _describe command items\n        return\n      fi ;;\n";
  }
  text += "  esac\n  case \"$words[2] $words[3]\" in\n";
  for (const Command& command : commands) {
    text += "    '" + command.words() + (in_group(command) ? "'" : " '*") + ")\n      _arguments";
    for (const Option& option : command.options()) {
      text += " \\\n        '" + option.long_name() + "[" + plain(option.help) + "]";
      if (!option.value.empty()) text += ":value:(" + joined(option.choices) + ")";
      text += "'";
    }
    text += " \\\n        '--help[print help]' '*:file:_files' ;;\n";
  }
  return text + "  esac\n}\ncompdef _millrace millrace\n";
}

std::string fish_completion(const std::vector<Command>& commands) {
  const Tree tree = tree_of(commands);
  std::string text = "# millrace completion fish | source\n";
  for (const std::string& first : tree.firsts) {
    text += "complete -c millrace -f -n __fish_use_subcommand -a " + first + " -d '" +
            about_of(commands, first) + "'\n";
  }
  for (const auto& [first, members] : tree.groups) {
    for (const Command* command : members) {
      text += "complete -c millrace -f -n '__fish_seen_subcommand_from " + first +
              "; and not __fish_seen_subcommand_from " + joined(last_words(members)) + "' -a " +
              last_of(*command) + " -d '" + plain(command->about()) + "'\n";
    }
  }
  for (const Command& command : commands) {
    std::string condition = "__fish_seen_subcommand_from " + first_of(command);
    if (in_group(command)) condition += "; and __fish_seen_subcommand_from " + last_of(command);
    for (const Option& option : command.options()) {
      text += "complete -c millrace -n '" + condition + "' -l " + option.long_name().substr(2) +
              (option.value.empty() ? "" : " -r") +
              (option.choices.empty() ? "" : " -f -a '" + joined(option.choices) + "'") + " -d '" +
              plain(option.help) + "'\n";
    }
  }
  return text;
}

}  // namespace millrace::cli
