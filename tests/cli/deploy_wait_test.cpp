// When a deploy that waits is done.
#include "cli/deploy_wait.hpp"

#include "support/catch.hpp"

using namespace millrace::cli;
using millrace::schema::ChangesetPhase;
using Kind = Verdict::Kind;
using Lines = std::vector<std::string>;

namespace {

FollowerReport follower(const std::string& kind, std::uint64_t revision, bool live = true,
                        std::int64_t seen_ms_ago = 100) {
  return {kind, kind + "-1", revision, 0, seen_ms_ago, live, false};
}

ChangesetReport at(ChangesetPhase phase, std::vector<FollowerReport> followers = {}) {
  ChangesetReport report;
  report.changeset.key = "chs-a";
  report.changeset.phase = phase;
  report.changeset.phase_revision = 7;
  report.changeset.deployments = {"dpl-echo-1"};
  report.followers = std::move(followers);
  return report;
}

}  // namespace

TEST_CASE("a changeset that prepares is waited for with its deployments named") {
  const Verdict verdict = judge(at(ChangesetPhase::preparing), {}, 0);
  CHECK(verdict.kind == Kind::waiting);
  CHECK(verdict.waiting_for == Lines{"live endpoints of dpl-echo-1"});
}

TEST_CASE("a prepared changeset is enough only where it is held") {
  CHECK(judge(at(ChangesetPhase::prepared), {}, 0).kind == Kind::waiting);
  WaitRules held;
  held.hold = true;
  CHECK(judge(at(ChangesetPhase::prepared), held, 0).kind == Kind::reached);
}

TEST_CASE("a committed changeset is done once every live follower of each kind has it") {
  const auto phase = ChangesetPhase::committed;
  CHECK(judge(at(phase, {follower("routing", 7), follower("ingress", 8)}), {}, 0).kind ==
        Kind::reached);
  const Verdict behind = judge(
      at(phase, {follower("routing", 7), follower("routing", 6), follower("ingress", 8)}), {}, 0);
  CHECK(behind.kind == Kind::waiting);
  CHECK(behind.waiting_for == Lines{"routing routing-1, which is at revision 6 of 7"});
  const Verdict none = judge(at(phase, {follower("routing", 7)}), {}, 0);
  CHECK(none.waiting_for == Lines{"a live follower of kind ingress"});
}

TEST_CASE("followers of other kinds are not waited for") {
  const auto report = at(ChangesetPhase::finalized,
                         {follower("routing", 7), follower("ingress", 7), follower("console", 1)});
  CHECK(judge(report, {}, 0).kind == Kind::reached);
}

TEST_CASE("a follower that went away since the changeset was created is waited for and named") {
  const auto report = at(ChangesetPhase::committed, {follower("routing", 7), follower("ingress", 7),
                                                     follower("routing", 5, false, 4'000)});
  const Verdict verdict = judge(report, {}, 10'000);
  REQUIRE(verdict.waiting_for.size() == 1);
  CHECK(verdict.waiting_for[0].find("and gone (--ignore-gone") != std::string::npos);
  WaitRules ignoring;
  ignoring.ignore_gone = true;
  CHECK(judge(report, ignoring, 10'000).kind == Kind::reached);
  CHECK(judge(report, {}, 3'000).kind == Kind::reached);
}

TEST_CASE("a changeset that rolls back has failed with its reason") {
  auto report = at(ChangesetPhase::rolling_back);
  report.changeset.failure = "not prepared within 60s";
  CHECK(judge(report, {}, 0).kind == Kind::failed);
  CHECK(judge(report, {}, 0).failure == "not prepared within 60s");
  CHECK(judge(at(ChangesetPhase::failed), {}, 0).kind == Kind::failed);
}
