// timeline query and timeline tail: what happened, and what happens.
#include <algorithm>
#include <chrono>
#include <ostream>

#include "cli/client/timeline_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t since_ms_max = 30LL * 86'400'000;

struct Options {
  TimelineFilter filter;
  std::int64_t since_ms = 0;
  std::int64_t limit = 0;
  std::int64_t before = 0;
};

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

TimelineFilter filter_of(const Options& options) {
  TimelineFilter filter = options.filter;
  if (options.since_ms > 0) filter.since_ms = now_ms() - options.since_ms;
  return filter;
}

bool is_bad(const TimelineEvent& event) {
  if (event.type == "call") return event.outcome != "ok";
  if (event.type == "ingress") return event.outcome >= "5";
  return event.outcome == "error" || event.outcome == "failed";
}

std::string padded(std::string text, std::size_t width) {
  text = printable(text);
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string duration_text(std::int64_t microseconds) {
  if (microseconds < 0) return "-";
  if (microseconds < 1000) return std::to_string(microseconds) + "us";
  if (microseconds < 1'000'000) return std::to_string(microseconds / 1000) + "ms";
  return std::to_string(microseconds / 1'000'000) + "s";
}

void print_event(const Session& session, const TimelineEvent& event) {
  if (session.json()) {  // a line each, so that a stream can be read as it comes
    *session.out << json_line(event) << '\n';
    return;
  }
  const bool red = session.colours && is_bad(event);
  *session.out << clock_time(event.time_ms) << "  " << padded(event.type, 10) << "  "
               << (red ? "\033[31m" : "") << padded(event.outcome, 10) << (red ? "\033[0m" : "")
               << "  " << padded(duration_text(event.duration_us), 6) << "  "
               << padded(event.subject, 24) << "  " << padded(event.request_id, 24) << "  "
               << printable(event.detail) << '\n';
}

int query(const Session& session, const Options& options) {
  const auto page = query_timeline(session.addresses.timeline, filter_of(options),
                                   static_cast<std::uint32_t>(options.limit),
                                   static_cast<std::uint64_t>(options.before), 10'000);
  if (!page) return session.report(page.error());
  if (session.json()) {
    *session.out << to_json(*page) << '\n';
    return done;
  }
  for (auto event = page->events.rbegin(); event != page->events.rend(); ++event) {
    print_event(session, *event);
  }
  return done;
}

// The newest `limit` events first, then what comes. Ends by a signal, or when nobody reads.
int tail(const Session& session, const Options& options) {
  const auto page = query_timeline(
      session.addresses.timeline, filter_of(options),
      static_cast<std::uint32_t>(std::max<std::int64_t>(options.limit, 1)), 0, 10'000);
  if (!page) return session.report(page.error());
  std::uint64_t last = page->events.empty() ? 0 : page->events.front().id;
  if (options.limit > 0) {
    for (auto event = page->events.rbegin(); event != page->events.rend(); ++event) {
      print_event(session, *event);
    }
  }
  session.out->flush();
  TimelineStream stream(session.addresses.timeline, filter_of(options), last);
  while (*session.out) {
    const auto batch = stream.next();
    if (!batch) return session.report(batch.error());
    if (batch->gap) *session.err << "some events are no longer kept and were left out\n";
    for (const TimelineEvent& event : batch->events) print_event(session, event);
    session.out->flush();
  }
  return done;
}

void add_filters(Command& command, Options& options) {
  static const std::vector<std::string> levels{"debug", "info", "warn", "error"};
  command
      .list("--type", "TYPE", options.filter.types,
            "call, ingress, log, changeset or deployment; all without it")
      .text("--module", "MODULE", options.filter.module, "only what is about this module")
      .text("--verb", "VERB", options.filter.verb, "only calls of this verb")
      .text("--request", "ID", options.filter.request_id, "only what this request set off")
      .choice("--level", levels, options.filter.level, "leave out log lines below it")
      .duration("--since", options.since_ms, since_ms_max, "only the last while; 0s is all");
}

// The lines of services and programs: the timeline's events of one type.
Command logs_command(Session& session) {
  struct Asked {
    Options options;
    bool follow = false;
  };
  const auto asked = std::make_shared<Asked>();
  asked->options.limit = 100;
  asked->options.filter.types = {"log"};
  Command command("logs", "Print what services warn of, and what the programs of modules print.");
  command.keep(asked);
  command.flag("-f,--follow", asked->follow, "go on with what comes")
      .text("--module", "SOURCE", asked->options.filter.module,
            "only those of this module or service")
      .choice("--level", {"debug", "info", "warn", "error"}, asked->options.filter.level,
              "leave out lines below it")
      .duration("--since", asked->options.since_ms, since_ms_max, "only the last while; 0s is all")
      .number("-n,--limit", asked->options.limit, 1, 10'000,
              "how many lines that are there already")
      .prints_data(session)
      .uses_timeline(session)
      .examples("  millrace logs -f --module greeter\n")
      .action([&session, asked] {
        return asked->follow ? tail(session, asked->options) : query(session, asked->options);
      });
  return command;
}

}  // namespace

std::vector<Command> timeline_commands(Session& session) {
  const auto asked = std::make_shared<Options>();
  asked->limit = 100;
  Command query_command("timeline query", "Print what happened, the newest last.");
  query_command.keep(asked);
  add_filters(query_command, *asked);
  query_command.number("-n,--limit", asked->limit, 1, 10'000, "how many events")
      .number("--before", asked->before, 0, INT64_MAX, "only those before this event; 0 is all")
      .prints_data(session)
      .uses_timeline(session)
      .examples(
          "  millrace timeline query --type call --module echo --since 5m\n"
          "  millrace timeline query --request req-... --output json\n")
      .action([&session, asked] { return query(session, *asked); });

  const auto followed = std::make_shared<Options>();
  followed->limit = 10;
  Command tail_command("timeline tail", "Print what happens, as it happens.");
  tail_command.keep(followed);
  add_filters(tail_command, *followed);
  tail_command.number("-n,--limit", followed->limit, 0, 10'000, "how many past events come first")
      .prints_data(session)
      .uses_timeline(session)
      .examples("  millrace timeline tail --type ingress --type call\n")
      .action([&session, followed] { return tail(session, *followed); });
  return {std::move(query_command), std::move(tail_command), logs_command(session)};
}

}  // namespace millrace::cli
