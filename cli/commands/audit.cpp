// audit: who changed, did and was denied what, in one list: the history of the schema service, and
// what the timeline keeps for the audit.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ostream>

#include "cli/audit_lines.hpp"
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
constexpr std::uint32_t warnings_max = 10'000;  // of an older timeline that are looked through

struct Options {
  std::string since;
  std::string who;
  std::string module;
  std::int64_t limit = 100;
};

// What the schema service does by itself, such as taking out endpoints, is nobody's doing.
bool is_somebodys(const HistoryEntry& entry) { return entry.author != "schema"; }

Result<std::vector<AuditEntry>> changes(const Session& session, const Options& options,
                                        std::int64_t since_ms, AuditReport& report) {
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
    if (page->cut) report.cut = page->oldest;
    const bool enough = found.size() >= static_cast<std::size_t>(options.limit);
    if (page->next_before == 0 || enough) {
      report.more = page->next_before != 0;
      return found;
    }
    filter.before = page->next_before;
  }
}

TimelineFilter since(std::int64_t since_ms) {
  TimelineFilter filter;
  filter.types = {"log"};
  filter.level = "warn";
  filter.since_ms = since_ms;
  return filter;
}

void take(const std::vector<TimelineEvent>& events, const Options& options,
          std::vector<AuditEntry>& found) {
  for (const TimelineEvent& event : events)
    if (auto entry = audit_entry_of(event, {options.who, options.module}))
      found.push_back(*std::move(entry));
}

// A timeline that keeps no audit apart is asked for its warnings, and they are looked through here.
Result<std::vector<AuditEntry>> among_warnings(const Session& session, const Options& options,
                                               std::int64_t since_ms) {
  const auto page =
      query_timeline(session.addresses.timeline, since(since_ms), warnings_max, 0, timeline_ms_max);
  if (!page) return fail(page.error());
  std::vector<AuditEntry> found;
  take(page->events, options, found);
  return found;
}

Result<std::vector<AuditEntry>> lines(const Session& session, const Options& options,
                                      std::int64_t since_ms, AuditReport& report) {
  TimelineFilter filter = since(since_ms);
  filter.module = options.module;
  std::vector<AuditEntry> found;
  std::uint64_t before = 0;
  while (true) {
    const std::size_t wanted = static_cast<std::size_t>(options.limit) + 1 - found.size();
    const auto next = query_audit(session.addresses.timeline, filter, options.who,
                                  static_cast<std::uint32_t>(wanted), before, timeline_ms_max);
    if (!next) return fail(next.error());
    if (!next->kept) return among_warnings(session, options, since_ms);
    report.kept = next->kept;
    const auto& events = next->page.events;
    take(events, options, found);
    if (events.empty() || found.size() > static_cast<std::size_t>(options.limit)) return found;
    before = events.back().id;
  }
}

std::string outcome_of(const AuditEntry& entry) {
  if (entry.revision != 0) return "revision " + std::to_string(entry.revision);
  return entry.done ? "done" : "denied";
}

void say_gone(const Session& session, std::uint64_t events, std::int64_t newest_ms,
              const char* what, std::int64_t since_ms) {
  if (events == 0 || newest_ms < since_ms) return;
  *session.err << "no longer kept: " << events << " " << what << " that made room, the newest of "
               << rfc3339(newest_ms) << '\n';
}

std::uint64_t sum(const std::vector<AuditEntry>& entries, std::string AuditEntry::*count) {
  std::uint64_t all = 0;
  for (const AuditEntry& entry : entries) {
    std::uint64_t each = 0;
    const std::string& text = entry.*count;
    std::from_chars(text.data(), text.data() + text.size(), each);
    all += each;
  }
  return all;
}

// What the list lacks, for people.
void say_missing(const Session& session, const AuditReport& report, std::int64_t since_ms) {
  std::ostream& err = *session.err;
  if (report.more) err << "older ones are not shown: --limit shows more\n";
  if (const auto count = sum(report.entries, &AuditEntry::left_out); count != 0)
    err << "left out: " << count << " attempts, which came faster than they are told\n";
  if (const auto count = sum(report.entries, &AuditEntry::lost_before); count != 0)
    err << "lost: " << count << " lines, while the timeline was away\n";
  if (report.cut != 0) err << "no longer kept: changes before revision " << report.cut << '\n';
  if (!report.kept) {
    err << "this timeline is older and keeps no audit apart: what was denied, read or broken is "
           "looked for among its newest "
        << warnings_max << " warnings\n";
    return;
  }
  const AuditKept& kept = *report.kept;
  say_gone(session, kept.done_gone, kept.done_gone_ms, "lines of what was done", since_ms);
  say_gone(session, kept.denied_gone, kept.denied_gone_ms, "denied attempts", since_ms);
  if (!kept.memory_only.empty())
    err << "the timeline keeps this in memory only, until it stops: " << kept.memory_only << '\n';
}

void print(const Session& session, const AuditReport& report) {
  Table table({"TIME", "OUTCOME", "WHO", "FROM", "WHAT", "WHY"});
  for (const AuditEntry& entry : report.entries)
    table.row({rfc3339(entry.time_ms), outcome_of(entry), entry.who,
               entry.from.empty() ? "-" : entry.from, entry.what,
               entry.why.empty() ? "-" : entry.why});
  *session.out << table.text(session.colours);
}

Result<std::int64_t> since_of(const Options& options) {
  if (options.since.empty()) return 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return parse_moment(options.since,
                      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

int audit(const Session& session, const Options& options) {
  const auto since_ms = since_of(options);
  if (!since_ms) return session.report(since_ms.error());
  AuditReport report;
  auto all = changes(session, options, *since_ms, report);
  if (!all) return session.report(all.error());
  const auto told = lines(session, options, *since_ms, report);
  if (!told) return session.report(told.error());
  all->insert(all->end(), told->begin(), told->end());
  std::stable_sort(all->begin(), all->end(),
                   [](const auto& a, const auto& b) { return a.time_ms > b.time_ms; });
  report.more = report.more || all->size() > static_cast<std::size_t>(options.limit);
  if (all->size() > static_cast<std::size_t>(options.limit))
    all->resize(static_cast<std::size_t>(options.limit));
  report.entries = *std::move(all);
  if (session.json()) {
    *session.out << to_json(report) << '\n';
    return done;
  }
  print(session, report);
  say_missing(session, report, *since_ms);
  return done;
}

}  // namespace

Command audit_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("audit", "Print who changed, read and was denied what, newest first.");
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
          "\nChanges come from the history; denied attempts, secrets that were read or given and "
          "broken locks of states from what the timeline keeps for the audit. What is no longer "
          "kept, was left out or is in memory only is said.\n")
      .action([&session, options] { return audit(session, *options); });
  return command;
}

}  // namespace millrace::cli
