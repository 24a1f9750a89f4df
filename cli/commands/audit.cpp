// audit: who changed what and who was denied what, in one list: the history of the schema service,
// and from the timeline the denied attempts and the locks of states that were broken.
#include <algorithm>
#include <chrono>
#include <ostream>

#include "cli/client/schema_client.hpp"
#include "cli/client/timeline_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/moment.hpp"
#include "cli/table.hpp"

namespace millrace::cli {

using statekit::fail;
using statekit::Result;

namespace {

constexpr std::int64_t entries_max = 1'000;
constexpr std::int64_t timeline_ms_max = 10'000;
constexpr std::uint32_t lines_max = 10'000;  // of the timeline that are looked through
constexpr const char* denied = "access.denied";
constexpr const char* forced = "state.forced";  // a lock of a state over HTTP was broken

struct Options {
  std::string since;
  std::string who;
  std::string module;
  std::int64_t limit = 100;
};

// What the schema service does by itself, such as taking out endpoints, is nobody's doing.
bool is_somebodys(const HistoryEntry& entry) { return entry.author != "schema"; }

Result<std::vector<AuditEntry>> changes(const Session& session, const Options& options,
                                        std::int64_t since_ms) {
  const SchemaClient client(session.addresses.schema);
  HistoryFilter filter{options.module, options.who, since_ms, 0,
                       static_cast<std::uint32_t>(options.limit)};
  std::vector<AuditEntry> found;
  while (true) {
    const auto page = client.history(filter);
    if (!page) return fail(page.error());
    for (const HistoryEntry& entry : page->entries) {
      if (!is_somebodys(entry)) continue;
      std::string what;
      for (const std::string& change : entry.changes) what += (what.empty() ? "" : "; ") + change;
      found.push_back({entry.time_ms, entry.author, what, "", entry.reason, entry.revision, ""});
    }
    if (page->next_before == 0 || found.size() >= static_cast<std::size_t>(options.limit))
      return found;
    filter.before = page->next_before;
  }
}

std::string field(const TimelineEvent& event, const char* name) {
  const auto found = event.fields.find(name);
  return found == event.fields.end() ? "" : found->second;
}

// A line of the platform's own: it names no deployment, which whatever is not of the platform has
// to. Its source is what its event begins with.
bool is_of_platform(const TimelineEvent& event) {
  return event.deployment.empty() && event.message.starts_with(event.subject + ".");
}

// What a module is denied says which it is in words only, so that it is looked for there.
bool matches(const AuditEntry& entry, const Options& options) {
  const bool of_them =
      options.who.empty() || entry.who == options.who || entry.who.starts_with(options.who + " (");
  return of_them && (options.module.empty() ||
                     (entry.what + " " + entry.why).find(options.module) != std::string::npos);
}

Result<std::vector<AuditEntry>> attempts(const Session& session, const Options& options,
                                         std::int64_t since_ms) {
  TimelineFilter filter;
  filter.types = {"log"};
  filter.level = "warn";
  filter.since_ms = since_ms;
  const auto page =
      query_timeline(session.addresses.timeline, filter, lines_max, 0, timeline_ms_max);
  if (!page) return fail(page.error());
  std::vector<AuditEntry> found;
  for (const TimelineEvent& event : page->events) {
    if (!is_of_platform(event)) continue;
    if (event.message != denied && event.message != forced) continue;
    const std::string left_out = field(event, "left_out");
    AuditEntry entry{event.time_ms,
                     field(event, "who"),
                     field(event, "what"),
                     field(event, "from"),
                     field(event, "why"),
                     0,
                     left_out == "0" ? "" : left_out,
                     event.message == forced};
    if (matches(entry, options)) found.push_back(std::move(entry));
  }
  return found;
}

std::string outcome_of(const AuditEntry& entry) {
  if (entry.revision != 0) return "revision " + std::to_string(entry.revision);
  return entry.done ? "done" : "denied";
}

int audit(const Session& session, const Options& options) {
  std::int64_t since_ms = 0;
  if (!options.since.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto moment = parse_moment(
        options.since, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    if (!moment) return session.report(moment.error());
    since_ms = *moment;
  }
  auto all = changes(session, options, since_ms);
  if (!all) return session.report(all.error());
  const auto tried = attempts(session, options, since_ms);
  if (!tried) return session.report(tried.error());
  all->insert(all->end(), tried->begin(), tried->end());
  std::stable_sort(all->begin(), all->end(),
                   [](const auto& a, const auto& b) { return a.time_ms > b.time_ms; });
  if (all->size() > static_cast<std::size_t>(options.limit))
    all->resize(static_cast<std::size_t>(options.limit));
  if (session.json()) {
    *session.out << to_json(*all) << '\n';
    return done;
  }
  Table table({"TIME", "OUTCOME", "WHO", "FROM", "WHAT", "WHY"});
  for (const AuditEntry& entry : *all)
    table.row({rfc3339(entry.time_ms), outcome_of(entry), entry.who,
               entry.from.empty() ? "-" : entry.from, entry.what,
               entry.why.empty() ? "-" : entry.why});
  *session.out << table.text(session.colours);
  return done;
}

}  // namespace

Command audit_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("audit", "Print who changed what and who was denied what, newest first.");
  command.keep(options)
      .text("--since", "WHEN", options->since, "an age (90m, 7d), a day or a time")
      .text("--who", "PRINCIPAL", options->who, "only what they did or tried")
      .text("--module", "MODULE", options->module, "only what is about this module")
      .number("-n,--limit", options->limit, 1, entries_max, "as many at most")
      .prints_data(session)
      .uses_schema(session)
      .uses_timeline(session)
      .examples(
          "  millrace audit --since 7d --who ci\n"
          "\nChanges come from the history, denied attempts and broken locks of states from the "
          "timeline, for as long as each keeps them.\n")
      .action([&session, options] { return audit(session, *options); });
  return command;
}

}  // namespace millrace::cli
