// state conformance, journal conformance: ask a server for each rule of its protocol.
#include <ostream>

#include "access/io/trusted.hpp"
#include "cli/client/connect.hpp"
#include "cli/commands.hpp"
#include "cli/conformance/conformance.hpp"
#include "cli/progress.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t timeout_ms_max = 600'000;

void print(const Session& session, const ConformanceReport& report) {
  if (session.json()) {
    *session.out << to_json(report) << '\n';
    return;
  }
  for (const CaseReport& each : report.cases) {
    *session.out << (each.passed ? "pass  " : "FAIL  ") << each.name << "  " << each.about << '\n';
    if (!each.passed)
      *session.out << "      expected " << printable(each.expected) << "\n      got      "
                   << printable(each.got) << '\n';
  }
  *session.out << report.cases.size() - report.failed() << " passed, " << report.failed()
               << " failed\n";
}

using Check = statekit::Result<ConformanceReport> (*)(const ConformanceOrder&, const OnCase&);

int conformance(const Session& session, ConformanceOrder& order, Check check) {
  order.run = statekit::random_base36(8);
  order.credentials = credentials();
  if (!session.token_file.empty()) {
    auto token = access::read_shown_token(session.token_file);
    if (!token) return session.report(token.error());
    order.token = std::move(*token);
    if (const auto may = may_show_token_to_url(order.url); !may) return session.report(may.error());
  }
  Progress progress(session);
  const auto report =
      check(order, [&](const ConformanceCase& each) { progress.say("trying " + each.name); });
  progress.wipe();
  if (!report) return session.report(report.error());
  print(session, *report);
  return report->failed() == 0 ? done : refused;
}

// `kind`: state or journal; `only`: the beginning of some of its cases' names.
Command conformance_command(Session& session, const std::string& kind, const std::string& only,
                            Check check) {
  const auto order = std::make_shared<ConformanceOrder>();
  Command command(kind + " conformance",
                  "Check a server of the " + kind + " protocol, rule by rule.");
  const std::string example = "  millrace " + kind + " conformance http://127.0.0.1:8896";
  command.keep(order)
      .uses_tls(session)
      .argument("URL", order->url, "the server, as http://HOST:PORT or https://HOST:PORT")
      .text("--only", "PREFIX", order->only, "only cases whose names begin so")
      .duration("--timeout", order->timeout_ms, timeout_ms_max, "for one request")
      .prints_data(session)
      .examples(example + "\n" + example + " --only " + only +
                " --output json\n"
                "\nIt makes workspaces named conformance-... and deletes them. Exit code 1: a rule "
                "is broken.\nThe rules are those of docs/http-" +
                kind + ".md.\n")
      .action([&session, order, check] { return conformance(session, *order, check); });
  return command;
}

}  // namespace

Command state_conformance_command(Session& session) {
  return conformance_command(session, "state", "lock.", check_states);
}

Command journal_conformance_command(Session& session) {
  return conformance_command(session, "journal", "append.", check_journals);
}

}  // namespace millrace::cli
