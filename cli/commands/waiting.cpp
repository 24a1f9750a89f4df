#include "cli/commands/waiting.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/deploy_wait.hpp"
#include "cli/progress.hpp"
#include "settings/settings.hpp"

namespace millrace::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto poll_every = std::chrono::milliseconds(100);
constexpr std::int64_t answer_ms_min = 200;  // for the look at the end of the time

std::int64_t ms_since(Clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count();
}

WaitRules rules_of(const Goal& goal) {
  WaitRules rules{{}, goal.hold, goal.waiting.ignore_gone};
  settings::Fields fields;
  fields.list("kinds", rules.kinds, "");
  (void)fields.all().front().set(goal.waiting.wait_for);
  return rules;
}

int give_up(const Session& session, const std::string& changeset, const Verdict& verdict) {
  statekit::Error error{
      statekit::Code::deadline_exceeded,
      "changeset " + changeset + " is not done in time; still waiting for:", verdict.waiting_for};
  error.details.push_back("`millrace changeset show " + changeset + "` tells how it goes on");
  return session.report(error);
}

}  // namespace

void add_waiting(Command& command, Waiting& waiting) {
  command.flag("--wait", waiting.wait, "until every live follower has it")
      .text("--wait-for", "KINDS", waiting.wait_for, "the kinds of followers that --wait means")
      .flag("--ignore-gone", waiting.ignore_gone, "do not wait for followers that went away")
      .duration("--timeout", waiting.timeout_ms, 86'400'000, "of --wait; then exit with 2");
}

// Asks until the verdict stands. An answer that does not come is asked for again: the service may
// be starting anew.
int wait_until_done(const Session& session, const SchemaClient& client,
                    const std::string& changeset, const Goal& goal, std::string& phase) {
  const auto begun = Clock::now();
  const WaitRules rules = rules_of(goal);
  Progress progress(session);
  while (true) {
    const std::int64_t left_ms = goal.waiting.timeout_ms - ms_since(begun);
    const auto report =
        client.changeset(changeset, std::clamp(left_ms, answer_ms_min, schema_ms_max));
    Verdict verdict;
    if (report) {
      verdict = judge(*report, rules, ms_since(begun));
      phase = schema::name_of(report->changeset.phase);
    } else if (report.error().code != statekit::Code::unavailable &&
               report.error().code != statekit::Code::deadline_exceeded) {
      return session.report(report.error());
    } else {
      verdict.waiting_for.push_back(report.error().message);
    }
    if (verdict.kind == Verdict::Kind::reached) return done;
    if (verdict.kind == Verdict::Kind::failed) {
      progress.wipe();
      return session.report(
          {statekit::Code::aborted, "changeset " + changeset + " failed: " + verdict.failure, {}});
    }
    if (ms_since(begun) > goal.waiting.timeout_ms) {
      progress.wipe();
      return give_up(session, changeset, verdict);
    }
    progress.say("waiting for " + verdict.waiting_for.front());
    std::this_thread::sleep_for(poll_every);
  }
}

}  // namespace millrace::cli
