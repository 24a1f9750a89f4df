// schema get and schema history: what the schema service knows.
#include <ostream>

#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "schema/text.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string module;
  std::int64_t at = 0;
  std::string format = "text";
  std::int64_t limit = 20;
  std::int64_t before = 0;
};

int get_schema(Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
  std::vector<std::string> modules;
  if (!options.module.empty()) modules.push_back(options.module);
  const auto report = client.get_schema(modules, static_cast<statekit::Revision>(options.at));
  if (!report) return session.report(report.error());
  if (!options.module.empty() && report->schema.modules.empty()) {
    return session.report({statekit::Code::not_found,
                           "no module named " + options.module +
                               " is deployed; `millrace ps` lists "
                               "those that are",
                           {}});
  }
  *session.out << (options.format == "json" ? report->json : schema::print(report->schema));
  return done;
}

void print_history(const Session& session, const HistoryReport& report) {
  for (const HistoryEntry& entry : report.entries) {
    *session.out << entry.revision << "  " << rfc3339(entry.time_ms) << "  "
                 << printable(entry.author.empty() ? "-" : entry.author);
    if (!entry.reason.empty()) *session.out << "  " << printable(entry.reason);
    *session.out << '\n';
    for (const std::string& change : entry.changes) {
      *session.out << "    " << printable(change) << '\n';
    }
  }
}

int get_history(Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
  const auto report =
      client.history(static_cast<std::uint32_t>(options.limit),
                     static_cast<statekit::Revision>(options.before), options.module);
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
  } else {
    print_history(session, *report);
  }
  return done;
}

}  // namespace

Command schema_get_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema get", "Print the deployed schema, now or as it was.");
  command.keep(options)
      .argument("MODULE", options->module, "only this module", false)
      .number("--at", options->at, 0, INT64_MAX, "as it was at this revision; 0 is now")
      .choice("--format", {"text", "json"}, options->format, "schema language or JSON")
      .reads_schema(session)
      .examples(
          "  millrace schema get               every module\n"
          "  millrace schema get echo --at 12  as it was at revision 12\n")
      .action([&session, options] { return get_schema(session, *options); });
  return command;
}

Command schema_history_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema history", "Print what changed, newest first.");
  command.keep(options)
      .argument("MODULE", options->module, "only what touches this module", false)
      .number("--limit", options->limit, 1, 1000, "how many commits")
      .number("--before", options->before, 0, INT64_MAX,
              "only those before this revision; 0 is all")
      .prints_data(session)
      .reads_schema(session)
      .examples(
          "  millrace schema history --limit 5\n"
          "  millrace schema history echo --output json\n")
      .action([&session, options] { return get_history(session, *options); });
  return command;
}

}  // namespace millrace::cli
