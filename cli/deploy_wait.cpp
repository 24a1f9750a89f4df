#include "cli/deploy_wait.hpp"

#include <algorithm>

namespace millrace::cli {
namespace {

using schema::ChangesetPhase;

std::string line_of(const FollowerReport& follower, statekit::Revision wanted) {
  return follower.kind + " " + follower.instance + ", which is at revision " +
         std::to_string(follower.revision) + " of " + std::to_string(wanted);
}

void wait_for_followers(const ChangesetReport& report, const WaitRules& rules,
                        std::int64_t since_ms, std::vector<std::string>& waiting_for) {
  const statekit::Revision wanted = report.changeset.phase_revision;
  for (const std::string& kind : rules.kinds) {
    bool any_live = false;
    for (const FollowerReport& follower : report.followers) {
      if (follower.kind != kind) continue;
      any_live = any_live || follower.live;
      if (follower.revision >= wanted) continue;
      const bool seen_since = follower.seen_ms_ago <= since_ms;
      if (follower.live) {
        waiting_for.push_back(line_of(follower, wanted));
      } else if (seen_since && !rules.ignore_gone) {
        waiting_for.push_back(line_of(follower, wanted) +
                              " and gone (--ignore-gone passes over it)");
      }
    }
    if (!any_live) waiting_for.push_back("a live follower of kind " + kind);
  }
}

}  // namespace

Verdict judge(const ChangesetReport& report, const WaitRules& rules, std::int64_t since_ms) {
  const schema::Changeset& changeset = report.changeset;
  Verdict verdict;
  switch (changeset.phase) {
    case ChangesetPhase::rolling_back:
    case ChangesetPhase::failed:
      verdict.kind = Verdict::Kind::failed;
      verdict.failure = changeset.failure.empty() ? "no reason was given" : changeset.failure;
      return verdict;
    case ChangesetPhase::preparing:
      for (const std::string& key : changeset.deployments) {
        verdict.waiting_for.push_back("live endpoints of " + key);
      }
      if (verdict.waiting_for.empty()) verdict.waiting_for.emplace_back("the changeset to prepare");
      return verdict;
    case ChangesetPhase::prepared:
      if (rules.hold) {
        verdict.kind = Verdict::Kind::reached;
      } else {
        verdict.waiting_for.emplace_back("the commit");
      }
      return verdict;
    case ChangesetPhase::committed:
    case ChangesetPhase::drained:
    case ChangesetPhase::finalized: break;
  }
  wait_for_followers(report, rules, since_ms, verdict.waiting_for);
  if (verdict.waiting_for.empty()) verdict.kind = Verdict::Kind::reached;
  return verdict;
}

}  // namespace millrace::cli
