// schema get and schema history: what the schema service knows.
#include <chrono>
#include <iterator>
#include <ostream>

#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/moment.hpp"
#include "cli/table.hpp"
#include "schema/text.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string module;
  statekit::Revision at = 0;  // 0: now
  std::string format = "text";
};

struct HistoryOptions {
  std::string module_word;  // as an argument, as it was before --module
  std::string module;
  std::string author;
  std::string since;
  std::int64_t limit = 20;
  std::int64_t before = 0;
  std::string only;  // changes that begin with this word; empty: all
};

constexpr std::uint32_t page_max = 1'000;
constexpr int pages_max = 1'000;  // that are looked through for changes of one kind

int get_schema(Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
  std::vector<std::string> modules;
  if (!options.module.empty()) modules.push_back(options.module);
  const auto report = client.get_schema(modules, options.at);
  if (!report) return session.report(report.error());
  if (!options.module.empty() && report->schema.modules.empty()) {
    return session.report({statekit::Code::not_found,
                           "no module named " + options.module +
                               " is deployed; `millrace ps` lists "
                               "those that are",
                           {}});
  }
  const bool json = session.json() || options.format == "json";
  *session.out << (json ? report->json : schema::print(report->schema));
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

// A page has fewer than were asked for where its commits are large.
statekit::Result<HistoryReport> all_pages(const SchemaClient& client, HistoryFilter filter) {
  auto report = client.history(filter);
  while (report && report->next_before != 0 && report->entries.size() < filter.limit) {
    HistoryFilter rest = filter;
    rest.before = report->next_before;
    rest.limit = filter.limit - static_cast<std::uint32_t>(report->entries.size());
    auto page = client.history(rest);
    if (!page) return page;
    page->entries.insert(page->entries.begin(), std::make_move_iterator(report->entries.begin()),
                         std::make_move_iterator(report->entries.end()));
    report = std::move(page);
  }
  return report;
}

// The same with only those changes, and commits, that begin with a word.
statekit::Result<HistoryReport> all_pages_of(const SchemaClient& client, HistoryFilter filter,
                                             const std::string& word) {
  const std::size_t wanted = filter.limit;
  filter.limit = page_max;
  HistoryReport report;
  for (int pages = 0; pages < pages_max; ++pages) {
    auto page = client.history(filter);
    if (!page) return page;
    report.position = page->position;
    report.oldest = page->oldest;
    report.cut = page->cut;
    report.next_before = page->next_before;
    for (HistoryEntry& entry : page->entries) {
      std::erase_if(entry.changes,
                    [&](const std::string& change) { return !change.starts_with(word + " "); });
      if (entry.changes.empty()) continue;
      if (report.entries.size() == wanted) {
        report.next_before = report.entries.back().revision;
        return report;
      }
      report.entries.push_back(std::move(entry));
    }
    if (page->next_before == 0) break;
    filter.before = page->next_before;
  }
  return report;
}

statekit::Result<HistoryFilter> filter_of(const HistoryOptions& options) {
  if (!options.module_word.empty() && !options.module.empty())
    return statekit::fail(statekit::Code::invalid_argument, "name the module once");
  HistoryFilter filter;
  filter.module = options.module.empty() ? options.module_word : options.module;
  filter.author = options.author;
  filter.before = static_cast<statekit::Revision>(options.before);
  filter.limit = static_cast<std::uint32_t>(options.limit);
  if (options.since.empty()) return filter;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto since = parse_moment(
      options.since, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (!since) return statekit::fail(statekit::within("--since", since.error()));
  filter.since_ms = *since;
  return filter;
}

int get_history(Session& session, const HistoryOptions& options) {
  const auto filter = filter_of(options);
  if (!filter) return session.report(filter.error());
  const SchemaClient client(session.addresses.schema, schema_ms_max, session.linearizable);
  const auto report = options.only.empty() ? all_pages(client, *filter)
                                           : all_pages_of(client, *filter, options.only);
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
    return done;
  }
  print_history(session, *report);
  if (report->next_before != 0)
    *session.out << "there is more: --before " << report->next_before << '\n';
  else if (report->cut)
    *session.out << "what was before revision " << report->oldest
                 << " is no longer kept: the journal was compacted\n";
  return done;
}

}  // namespace

Command schema_get_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema get", "Print the deployed schema, now or as it was.");
  command.keep(options)
      .argument("MODULE", options->module, "only this module", false)
      .revision("--at", options->at, "as it was at this revision; without it, as it is now")
      .choice("--format", {"text", "json"}, options->format, "schema language or JSON")
      .prints_data(session)
      .reads_schema(session)
      .examples(
          "  millrace schema get               every module\n"
          "  millrace schema get echo --at 12  as it was at revision 12\n")
      .action([&session, options] { return get_schema(session, *options); });
  return command;
}

namespace {

Command history_command(Session& session, const std::string& words, const std::string& about,
                        const std::string& only, const std::string& examples) {
  const auto options = std::make_shared<HistoryOptions>();
  options->only = only;
  Command command(words, about);
  command.keep(options)
      .argument("MODULE", options->module_word, "the same as --module", false)
      .text("--module", "MODULE", options->module, "only what touches this module")
      .text("--author", "NAME", options->author, "only what this author did")
      .text("--since", "WHEN", options->since,
            "only what was done since: 90m, 7d, 2026-11-28 or 2026-11-28T09:14:02Z")
      .number("--limit", options->limit, 1, 1000, "how many commits")
      .number("--before", options->before, 0, INT64_MAX,
              "only those before this revision; 0 is all")
      .prints_data(session)
      .reads_schema(session)
      .examples(examples)
      .action([&session, options] { return get_history(session, *options); });
  return command;
}

}  // namespace

Command schema_history_command(Session& session) {
  return history_command(session, "schema history",
                         "Print who changed what, when and why, newest first.", "",
                         "  millrace schema history --limit 5\n"
                         "  millrace schema history --module echo --author ada --since 7d\n"
                         "  millrace schema history echo --output json\n");
}

Command config_history_command(Session& session) {
  return history_command(session, "config history",
                         "Print who changed which config value, when and why.", "config",
                         "  millrace config history shop --since 7d\n");
}

Command secret_history_command(Session& session) {
  return history_command(session, "secret history",
                         "Print who changed which secret, when and why; never a value.", "secret",
                         "  millrace secret history --author ada\n");
}

}  // namespace millrace::cli
