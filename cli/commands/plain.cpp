// Commands that ask nobody: version, completion, and the entry of serve in the table.
#include <ostream>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/json.hpp"
#include "settings/main.hpp"

namespace millrace::cli {

Command version_command(Session& session) {
  Command command("version", "Print the version of this program.");
  command.prints_data(session).action([&session] {
    if (session.json()) {
      *session.out << version_json(settings::version()) << '\n';
    } else {
      *session.out << "millrace " << settings::version() << '\n';
    }
    return done;
  });
  return command;
}

Command completion_command(Session& session) {
  const auto shell = std::make_shared<std::string>();
  Command command("completion", "Print a script that completes commands in your shell.");
  command.keep(shell)
      .argument("SHELL", *shell, "bash, zsh or fish")
      .examples(
          "  source <(millrace completion bash)\n"
          "  millrace completion fish > ~/.config/fish/completions/millrace.fish\n")
      .action([&session, shell] {
        const auto commands = all_commands(session);
        if (*shell == "bash") {
          *session.out << bash_completion(commands);
        } else if (*shell == "zsh") {
          *session.out << zsh_completion(commands);
        } else if (*shell == "fish") {
          *session.out << fish_completion(commands);
        } else {
          *session.err << "error: no completion for " << printable(*shell)
                       << ": bash, zsh and fish are known\n";
          return refused;
        }
        return done;
      });
  return command;
}

Command serve_command() {
  static std::string data = ".millrace";
  static std::string file;
  Command command("serve", "Run all five services in one process.");
  command.text("--data", "DIR", data, "where state is kept")
      .text("--settings", "FILE", file, "a TOML file with settings");
  return command;
}

std::vector<Command> all_commands(Session& session) {
  std::vector<Command> commands;
  commands.push_back(serve_command());
  commands.push_back(run_command(session));
  commands.push_back(deploy_command(session));
  commands.push_back(call_command(session));
  commands.push_back(ps_command(session));
  commands.push_back(status_command(session));
  commands.push_back(ping_command(session));
  commands.push_back(schema_check_command(session));
  commands.push_back(schema_fmt_command(session));
  commands.push_back(schema_diff_command(session));
  commands.push_back(schema_compat_command(session));
  commands.push_back(schema_jsonschema_command(session));
  commands.push_back(schema_openapi_command(session));
  commands.push_back(schema_lsp_command(session));
  commands.push_back(schema_get_command(session));
  commands.push_back(schema_history_command(session));
  for (Command& command : changeset_commands(session)) commands.push_back(std::move(command));
  commands.push_back(rollback_command(session));
  for (Command& command : config_commands(session)) commands.push_back(std::move(command));
  for (Command& command : secret_commands(session)) commands.push_back(std::move(command));
  for (Command& command : token_commands(session)) commands.push_back(std::move(command));
  for (Command& command : role_commands(session)) commands.push_back(std::move(command));
  commands.push_back(audit_command(session));
  for (Command& command : timeline_commands(session)) commands.push_back(std::move(command));
  for (Command& command : settings_commands(session)) commands.push_back(std::move(command));
  for (Command& command : certs_commands(session)) commands.push_back(std::move(command));
  for (Command& command : storage_commands(session)) commands.push_back(std::move(command));
  commands.push_back(state_conformance_command(session));
  commands.push_back(journal_conformance_command(session));
  commands.push_back(version_command(session));
  commands.push_back(completion_command(session));
  return commands;
}

}  // namespace millrace::cli
