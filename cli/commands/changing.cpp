#include "cli/commands/changing.hpp"

#include <ostream>
#include <string>

#include "cli/changes.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

void print_answer(const Session& session, const DeployAnswer& answer, const std::string& phase,
                  const ChangeWords& words) {
  if (session.json()) {
    *session.out << to_json(answer, phase) << '\n';
    return;
  }
  for (const std::string& line : answer.plan) *session.out << printable(line) << '\n';
  if (!answer.changes.empty()) *session.out << text_of(answer.changes, session.colours);
  for (const auto& each : answer.deployments) {
    *session.out << printable(each.module) << "  " << printable(each.deployment)
                 << (each.joined ? words.kept : words.made) << '\n';
  }
  if (!answer.changeset.empty()) {
    *session.out << "changeset " << printable(answer.changeset) << ' ' << phase << " at revision "
                 << answer.position.revision << '\n';
  } else if (answer.plan.empty()) {
    *session.out << words.nothing << '\n';
  }
}

// What would be broken for those who are deployed, and whether that is a refusal.
int tell_breaks(const Session& session, const DeployAnswer& answer, bool accepted,
                const ChangeWords& words) {
  if (answer.breaks.empty()) return done;
  std::ostream& out = session.json() ? *session.err : *session.out;
  out << "breaks deployed callers:\n";
  for (const std::string& line : answer.breaks) out << "  " << printable(line) << '\n';
  if (accepted) return done;
  out << words.what << " is refused for this; --allow-breaking accepts exactly these\n";
  return refused;
}

// Lists what will be broken and accepts that and no more.
int accept_breaks(const Session& session, ChangesetOrder& order, const SendOrder& send,
                  const ChangeWords& words) {
  order.plan = true;
  const auto planned = send();
  order.plan = false;
  if (!planned) return session.report(planned.error());
  order.accepted_breaks = planned->breaks;
  order.allow_breaking = !planned->breaks.empty();
  return tell_breaks(session, *planned, true, words);
}

}  // namespace

int make_changeset(const Session& session, const SchemaClient& client, ChangesetOrder& order,
                   const SendOrder& send, const Waiting& waiting, const ChangeWords& words) {
  if (order.allow_breaking && !order.plan) {
    if (const int code = accept_breaks(session, order, send, words); code != done) return code;
  }
  const auto answer = send();
  if (!answer) return session.report(answer.error());
  std::string phase = order.plan ? "planned" : "created";
  int exit_code = done;
  if (waiting.wait && !order.plan && !answer->changeset.empty()) {
    const Goal goal{waiting, order.hold || order.canary_percent > 0};
    exit_code = wait_until_done(session, client, answer->changeset, goal, phase);
  }
  print_answer(session, *answer, phase, words);
  if (order.plan) return tell_breaks(session, *answer, order.allow_breaking, words);
  return exit_code;
}

}  // namespace millrace::cli
