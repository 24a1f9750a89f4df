// The table of all subcommands. Each function makes one or a group of them; they live in commands/.
#pragma once

#include <vector>

#include "cli/command.hpp"

namespace millrace::cli {

std::vector<Command> all_commands(Session& session);

Command serve_command();  // for help and completion; main hands `serve` to serve.hpp itself
Command ping_command(Session& session);
std::vector<Command> certs_commands(Session& session);
Command status_command(Session& session);
Command ps_command(Session& session);
Command version_command(Session& session);
Command completion_command(Session& session);
Command schema_check_command(Session& session);
Command schema_fmt_command(Session& session);
Command schema_diff_command(Session& session);
Command schema_compat_command(Session& session);
Command schema_jsonschema_command(Session& session);
Command schema_openapi_command(Session& session);
Command schema_lsp_command(Session& session);
Command schema_get_command(Session& session);
Command schema_history_command(Session& session);
Command config_history_command(Session& session);
Command secret_history_command(Session& session);
Command deploy_command(Session& session);
Command run_command(Session& session);
Command rollback_command(Session& session);
std::vector<Command> changeset_commands(Session& session);
std::vector<Command> config_commands(Session& session);
std::vector<Command> secret_commands(Session& session);
std::vector<Command> secret_many_commands(Session& session);  // import, export
std::vector<Command> config_many_commands(Session& session);  // import, export, rollback
std::vector<Command> token_commands(Session& session);
std::vector<Command> role_commands(Session& session);
Command audit_command(Session& session);
Command call_command(Session& session);
std::vector<Command> storage_commands(Session& session);
Command state_conformance_command(Session& session);
Command journal_conformance_command(Session& session);
std::vector<Command> timeline_commands(Session& session);
std::vector<Command> settings_commands(Session& session);

}  // namespace millrace::cli
