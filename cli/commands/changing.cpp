#include "cli/commands/changing.hpp"

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>

#include "cli/changes.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

// Changesets of others that bring what this one wanted, by the deployment that was joined.
using Joined = std::map<std::string, schema::Changeset>;

bool is_under_way(const schema::Changeset& changeset) {
  return changeset.phase == schema::ChangesetPhase::preparing ||
         changeset.phase == schema::ChangesetPhase::prepared;
}

// One that is no longer known was done long ago.
statekit::Result<Joined> joined_by(const SchemaClient& client, const DeployAnswer& answer) {
  Joined joined;
  for (const auto& each : answer.deployments) {
    if (!each.joined) continue;
    const auto report = client.deployment(each.deployment);
    if (!report) return statekit::fail(report.error());
    const auto changeset = client.changeset(report->deployments.front().changeset);
    if (changeset)
      joined.emplace(each.deployment, changeset->changeset);
    else if (changeset.error().code != statekit::Code::not_found)
      return statekit::fail(changeset.error());
  }
  return joined;
}

void print_answer(const Session& session, const DeployAnswer& answer, const Joined& joined,
                  const std::string& phase, const ChangeWords& words) {
  if (session.json()) {
    *session.out << to_json(answer, phase) << '\n';
    return;
  }
  for (const std::string& line : answer.plan) *session.out << printable(line) << '\n';
  if (!answer.changes.empty()) *session.out << text_of(answer.changes, session.colours);
  for (const auto& each : answer.deployments) {
    *session.out << printable(each.module) << "  " << printable(each.deployment);
    const auto other = joined.find(each.deployment);
    if (other != joined.end() && is_under_way(other->second))
      *session.out << "  (joined, as changeset " << other->second.key << " brings it)\n";
    else
      *session.out << (each.joined ? words.kept : words.made) << '\n';
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

namespace {

// Those to wait for: its own, and whichever brings what was joined.
std::set<std::string> changesets_of(const DeployAnswer& answer, const Joined& joined) {
  std::set<std::string> keys;
  if (!answer.changeset.empty()) keys.insert(answer.changeset);
  for (const auto& [deployment, changeset] : joined) keys.insert(changeset.key);
  return keys;
}

}  // namespace

int make_changeset(const Session& session, const SchemaClient& client, ChangesetOrder& order,
                   const SendOrder& send, const Waiting& waiting, const ChangeWords& words) {
  if (order.allow_breaking && !order.plan) {
    if (const int code = accept_breaks(session, order, send, words); code != done) return code;
  }
  auto answer = send();
  if (!answer) return session.report(answer.error());
  std::string phase = order.plan ? "planned" : "created";
  Joined joined;
  if (words.joins && !order.plan) {
    auto found = joined_by(client, *answer);
    if (!found && waiting.wait) return session.report(found.error());
    if (found) joined = std::move(*found);
  }
  int exit_code = done;
  if (waiting.wait && !order.plan) {
    const Goal goal{waiting, order.hold || order.canary_percent > 0};
    for (const std::string& key : changesets_of(*answer, joined))
      if (exit_code == done) exit_code = wait_until_done(session, client, key, goal, phase);
  }
  if (answer->changeset.empty())
    for (const auto& [deployment, changeset] : joined)
      if (is_under_way(changeset)) {
        answer->changeset = changeset.key;
        if (!waiting.wait) phase = schema::name_of(changeset.phase);
      }
  print_answer(session, *answer, joined, phase, words);
  if (order.plan) return tell_breaks(session, *answer, order.allow_breaking, words);
  return exit_code;
}

}  // namespace millrace::cli
