// The `millrace` command: one subcommand of the table, or `serve`.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "cli/client/connect.hpp"
#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "cli/serve/serve.hpp"
#include "cli/token_file.hpp"
#include "settings/settings.hpp"
#include "statekit/io/channel.hpp"

using namespace millrace;

namespace {

std::map<std::string, std::string> environment() {
  auto variables = settings::environment();
  for (const char* name : {"NO_COLOR", "FORCE_COLOR", "TERM"}) {
    if (const char* value = std::getenv(name)) variables.emplace(name, value);
  }
  return variables;
}

// Never on the command line, which every user of the machine can read.
statekit::Status show_token(const cli::Session& session) {
  if (session.token_file.empty()) return {};
  const auto file = cli::TokenFile::open(session.token_file);
  if (!file) return statekit::fail(file.error());
  statekit::show_tokens([file = *file] { return file->shown(); },
                        cli::token_rules(session.addresses.insecure));
  return {};
}

// Before anything is done: a command may ask several services, and tell some of them in passing.
statekit::Status may_connect(const cli::Command& command) {
  for (const std::string* addresses : command.services())
    if (auto may = cli::may_show_token_to(*addresses); !may) return may;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto variables = environment();
  cli::Session session;
  session.out = &std::cout;
  session.err = &std::cerr;
  if (!words.empty() && words[0] == "serve") return session.finish(cli::serve(argc - 1, argv + 1));
  session.colours = cli::colours_wanted(isatty(STDOUT_FILENO) == 1, variables);
  session.error_colours = cli::colours_wanted(isatty(STDERR_FILENO) == 1, variables);
  session.progress = isatty(STDERR_FILENO) == 1;
  const auto addresses = cli::addresses(variables);
  if (!addresses) return session.report(addresses.error());
  session.addresses = *addresses;
  if (const auto file = variables.find("MILLRACE_TOKEN_FILE"); file != variables.end())
    session.token_file = file->second;
  const auto commands = cli::all_commands(session);
  const cli::Parsed parsed = cli::parse(commands, words, session);
  if (parsed.exit_code) return session.finish(*parsed.exit_code);
  if (parsed.command->connects()) {
    if (const auto used = cli::use_tls(session.addresses.tls); !used)
      return session.finish(session.report(used.error()));
    if (const auto shown = show_token(session); !shown)
      return session.finish(session.report(shown.error()));
    if (const auto may = may_connect(*parsed.command); !may)
      return session.finish(session.report(may.error()));
  }
  return session.finish(parsed.command->run());
}
