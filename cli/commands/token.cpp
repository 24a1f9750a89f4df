// token create, list, revoke and draw; role set, unset and list. A token is drawn here: the service
// is told its hash only, so it is printed once and nobody can ask for it again.
#include <chrono>
#include <filesystem>
#include <ostream>

#include "access/io/trusted.hpp"
#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/moment.hpp"
#include "cli/table.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

struct Options {
  std::string principal;
  std::vector<std::string> roles;
  std::vector<std::string> ids;
  std::string expires;
  std::string note;
  std::string file;
  std::string reason;
};

std::int64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<std::vector<access::RoleBinding>> roles_of(const Options& options) {
  std::vector<access::RoleBinding> roles;
  for (const std::string& text : options.roles) {
    auto role = access::binding_of(text);
    if (!role)
      return fail(
          Code::invalid_argument,
          "`" + text +
              "` is no role: write ROLE, or ROLE=PATTERN,... for some modules (or workspaces, as "
              "workspace:PATTERN), "
              "with a ROLE of " +
              access::roles_known());
    roles.push_back(std::move(*role));
  }
  return roles;
}

// "90d" from now, or a day; 0: never.
Result<std::int64_t> expiry_of(const std::string& text) {
  if (text.empty()) return 0;
  const std::int64_t now = wall_ms();
  const auto moment = parse_moment(text, now);
  if (!moment) return fail(Code::invalid_argument, "--expires: " + moment.error().message);
  return *moment < now ? now + (now - *moment) : *moment;
}

int create(const Session& session, const Options& options) {
  const std::string token = access::draw_token();
  TokenOrder order{write_options(options.reason), {}, {}};
  order.token.id = std::string(access::id_of_token(token));
  order.token.hash = statekit::sha256(token);
  order.token.principal = options.principal;
  order.token.note = options.note;
  const auto expires = expiry_of(options.expires);
  if (!expires) return session.report(expires.error());
  order.token.expires_ms = *expires;
  auto roles = roles_of(options);
  if (!roles) return session.report(roles.error());
  order.roles = std::move(*roles);
  // First: what cannot be handed over is not made.
  if (!options.file.empty())
    if (Status written = access::write_token_file(options.file, token); !written)
      return session.report(written.error());
  const auto position = SchemaClient(session.addresses.schema).create_token(order);
  if (!position) {
    statekit::Error error = position.error();
    std::error_code ignored;
    if (error.code == Code::unknown) {
      error.details.push_back("`millrace token list` shows whether there is " + order.token.id +
                              (options.file.empty() ? "" : "; " + options.file + " is kept"));
    } else if (!options.file.empty()) {
      std::filesystem::remove(options.file, ignored);
    }
    return session.report(error);
  }
  const std::string shown = options.file.empty() ? token : "";
  if (session.json())
    *session.out << to_json(order.token, shown, *position) << '\n';
  else if (options.file.empty())
    *session.out << token << '\n';
  if (!session.json())
    *session.err << "token " << order.token.id << " of " << printable(options.principal)
                 << (options.file.empty() ? ": it is shown this once\n"
                                          : ": written to " + printable(options.file) + "\n");
  return done;
}

int draw(const Session& session, const Options& options) {
  if (Status written = access::write_token_file(options.file, access::draw_token()); !written)
    return session.report(written.error());
  *session.err << "a token was written to " << printable(options.file)
               << ": name the file in auth.token_file or auth.bootstrap_token_file\n";
  return done;
}

std::string when(std::int64_t ms) { return ms == 0 ? "never" : rfc3339(ms); }

int list_tokens(const Session& session) {
  const auto report = SchemaClient(session.addresses.schema).access();
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
    return done;
  }
  Table table({"TOKEN", "PRINCIPAL", "ROLES", "EXPIRES", "MADE BY", "NOTE"});
  const std::int64_t now = wall_ms();
  for (const access::Token& token : report->tokens) {
    std::string roles = "-";
    for (const access::Grant& grant : report->grants)
      if (grant.principal == token.principal) roles = access::text_of(grant.roles);
    const bool over = token.expires_ms != 0 && token.expires_ms <= now;
    table.row({token.id, token.principal, roles, over ? "expired" : when(token.expires_ms),
               token.author, token.note.empty() ? "-" : token.note});
  }
  *session.out << table.text(session.colours);
  return done;
}

int list_roles(const Session& session) {
  const auto report = SchemaClient(session.addresses.schema).access();
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
    return done;
  }
  Table table({"PRINCIPAL", "ROLES", "SET BY", "AT"});
  for (const access::Grant& grant : report->grants)
    table.row(
        {grant.principal, access::text_of(grant.roles), grant.author, rfc3339(grant.time_ms)});
  *session.out << table.text(session.colours);
  return done;
}

int report_change(const Session& session, const Result<statekit::Position>& position,
                  const std::string& words) {
  if (!position) return session.report(position.error());
  if (session.json())
    *session.out << to_json(*position) << '\n';
  else
    *session.out << printable(words) << " at revision " << position->revision << '\n';
  return done;
}

int revoke(const Session& session, const Options& options) {
  const auto position = SchemaClient(session.addresses.schema)
                            .revoke_tokens(options.ids, write_options(options.reason));
  return report_change(session, position, commas(options.ids) + " revoked");
}

int set_roles(const Session& session, const Options& options) {
  auto roles = roles_of(options);
  if (!roles) return session.report(roles.error());
  if (roles->empty())
    return session.report(
        {Code::invalid_argument, "name at least one --role, or use role unset", {}});
  const auto position = SchemaClient(session.addresses.schema)
                            .set_roles(options.principal, *roles, write_options(options.reason));
  return report_change(session, position,
                       options.principal + " has the roles " + access::text_of(*roles));
}

int unset_roles(const Session& session, const Options& options) {
  const auto position = SchemaClient(session.addresses.schema)
                            .set_roles(options.principal, {}, write_options(options.reason));
  return report_change(session, position, options.principal + " has no role any more");
}

constexpr const char* role_help = "ROLE or ROLE=PATTERN,... for some modules; may come repeatedly";

Command create_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("token create", "Make a token for a principal; it is shown this once.");
  command.keep(options)
      .argument("PRINCIPAL", options->principal, "whose token it is: its writes carry this name")
      .list("--role", "ROLE", options->roles, role_help)
      .text("--expires", "WHEN", options->expires, "an age from now (90d), or a day; never without")
      .text("--note", "TEXT", options->note, "what it is for")
      .text("--file", "FILE", options->file, "write it to this new file, for its owner's eyes only")
      .text("--reason", "TEXT", options->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples(
          "  millrace token create ada --role admin --file ~/.millrace-token\n"
          "  millrace token create ci --role deployer='shop*' --expires 90d > ci.token\n"
          "  millrace token create echo --role service=echo    for what serves module echo\n"
          "\nThe service keeps a hash only. Roles: " +
          access::roles_known() + ".\n")
      .action([&session, options] { return create(session, *options); });
  return command;
}

}  // namespace

std::vector<Command> token_commands(Session& session) {
  Command list_command("token list", "List all tokens, without what they are.");
  list_command.prints_data(session)
      .uses_schema(session)
      .examples("  millrace token list\n")
      .action([&session] { return list_tokens(session); });
  const auto revoking = std::make_shared<Options>();
  Command revoke_command("token revoke", "Revoke tokens, all of them or none.");
  revoke_command.keep(revoking)
      .arguments("ID", revoking->ids, "the tokens, by what stands between mlr_ and the next _")
      .text("--reason", "TEXT", revoking->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace token revoke 0f3k2m9qxa\n\nStreams that run on one of them end.\n")
      .action([&session, revoking] { return revoke(session, *revoking); });
  const auto drawing = std::make_shared<Options>();
  Command draw_command("token draw", "Write a fresh token to a new file; nobody is told of it.");
  draw_command.keep(drawing)
      .argument("FILE", drawing->file, "made with mode 0600")
      .examples("  millrace token draw /etc/millrace/services.token     for auth.token_file\n")
      .action([&session, drawing] { return draw(session, *drawing); });
  return {create_command(session), std::move(list_command), std::move(revoke_command),
          std::move(draw_command)};
}

std::vector<Command> role_commands(Session& session) {
  const auto setting = std::make_shared<Options>();
  Command set_command("role set", "Say what a principal may do from now on.");
  set_command.keep(setting)
      .argument("PRINCIPAL", setting->principal, "as its tokens or certificates name it")
      .list("--role", "ROLE", setting->roles, role_help)
      .text("--reason", "TEXT", setting->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace role set ci --role deployer='shop*' --role viewer\n\nRoles: " +
                access::roles_known() + ".\n")
      .action([&session, setting] { return set_roles(session, *setting); });
  const auto taking = std::make_shared<Options>();
  Command unset_command("role unset", "Take all roles from a principal.");
  unset_command.keep(taking)
      .argument("PRINCIPAL", taking->principal, "who may do nothing any more")
      .text("--reason", "TEXT", taking->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace role unset ci\n")
      .action([&session, taking] { return unset_roles(session, *taking); });
  Command list_command("role list", "List what each principal may do.");
  list_command.prints_data(session)
      .uses_schema(session)
      .examples("  millrace role list\n")
      .action([&session] { return list_roles(session); });
  return {std::move(set_command), std::move(unset_command), std::move(list_command)};
}

}  // namespace millrace::cli
