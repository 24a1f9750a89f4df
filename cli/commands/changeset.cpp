// changeset list, show, commit, rollback and fail.
#include <ostream>

#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string key;
  std::string reason;
  bool active = false;
  std::int64_t limit = 20;
};

void print_changeset(const Session& session, const ChangesetReport& report) {
  const schema::Changeset& changeset = report.changeset;
  std::ostream& out = *session.out;
  out << changeset.key << "  " << schema::name_of(changeset.phase) << " since revision "
      << changeset.phase_revision << (changeset.hold ? ", held" : "") << '\n'
      << "  by         " << printable(changeset.author) << ", " << rfc3339(changeset.created_ms)
      << '\n';
  if (!changeset.reason.empty()) out << "  reason     " << printable(changeset.reason) << '\n';
  if (!changeset.failure.empty()) out << "  failure    " << printable(changeset.failure) << '\n';
  out << "  deploys    " << printable(commas(changeset.deployments)) << '\n'
      << "  removes    " << printable(commas(changeset.removed_modules)) << '\n'
      << "  replaces   " << printable(commas(changeset.replaced)) << '\n';
  for (const std::string& line : changeset.accepted_breaks)
    out << "  breaks     " << printable(line) << '\n';
  for (const FollowerReport& each : report.followers) {
    out << "  follower   " << printable(each.kind) << ' ' << printable(each.instance)
        << " at revision " << each.revision << (each.live ? "" : ", gone") << '\n';
  }
}

int print(const Session& session, const statekit::Result<ChangesetReport>& report) {
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
  } else {
    print_changeset(session, *report);
  }
  return done;
}

int list(const Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
  const auto changesets =
      client.changesets(options.active, static_cast<std::uint32_t>(options.limit));
  if (!changesets) return session.report(changesets.error());
  if (session.json()) {
    *session.out << to_json(*changesets) << '\n';
    return done;
  }
  Table table({"CHANGESET", "PHASE", "REVISION", "CREATED", "BY", "DEPLOYMENTS", "WHY"});
  for (const schema::Changeset& each : changesets->changesets) {
    table.row({each.key, std::string(schema::name_of(each.phase)),
               std::to_string(each.phase_revision), rfc3339(each.created_ms), each.author,
               commas(each.deployments), each.failure.empty() ? each.reason : each.failure});
  }
  *session.out << table.text(session.colours);
  return done;
}

using Change = statekit::Result<ChangesetReport> (SchemaClient::*)(const std::string&,
                                                                   const Write&) const;

Command change_command(Session& session, const std::string& word, const std::string& about,
                       Change change) {
  const auto options = std::make_shared<Options>();
  Command command("changeset " + word, about);
  command.keep(options)
      .argument("KEY", options->key, "the changeset, chs-...")
      .text("--reason", "TEXT", options->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace changeset " + word + " chs-0123456789\n")
      .action([&session, options, change] {
        const SchemaClient client(session.addresses.schema);
        return print(session, (client.*change)(options->key, write_options(options->reason)));
      });
  return command;
}

Command list_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("changeset list", "List changesets, newest first.");
  command.keep(options)
      .flag("--active", options->active, "only those that are neither finalized nor failed")
      .number("--limit", options->limit, 1, 1000, "how many")
      .prints_data(session)
      .reads_schema(session)
      .examples("  millrace changeset list --active\n")
      .action([&session, options] { return list(session, *options); });
  return command;
}

Command show_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("changeset show", "Print one changeset and how far each follower is.");
  command.keep(options)
      .argument("KEY", options->key, "the changeset, chs-...")
      .prints_data(session)
      .reads_schema(session)
      .examples("  millrace changeset show chs-0123456789\n")
      .action([&session, options] {
        const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
        return print(session, client.changeset(options->key));
      });
  return command;
}

}  // namespace

std::vector<Command> changeset_commands(Session& session) {
  std::vector<Command> commands;
  commands.push_back(list_command(session));
  commands.push_back(show_command(session));
  commands.push_back(change_command(session, "commit", "Commit a prepared changeset on hold.",
                                    &SchemaClient::commit));
  commands.push_back(change_command(session, "rollback",
                                    "Give up a changeset that is not committed yet.",
                                    &SchemaClient::rollback));
  commands.push_back(change_command(session, "fail", "End an uncommitted changeset as failed.",
                                    &SchemaClient::fail));
  return commands;
}

}  // namespace millrace::cli
