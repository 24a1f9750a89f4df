#include "statekit/state_votes.hpp"

#include <algorithm>
#include <set>

namespace millrace::statekit {
namespace {

std::map<std::uint64_t, std::uint64_t> sum(std::map<std::uint64_t, std::uint64_t> votes,
                                           const std::map<std::uint64_t, std::uint64_t>& more) {
  for (const auto& [digest, followers] : more) votes[digest] += followers;
  return votes;
}

}  // namespace

StateVotes::Verdict StateVotes::report(const Follower& follower, std::uint32_t format,
                                       Revision revision, std::uint64_t digest,
                                       std::size_t expected) {
  const auto& [kind, instance] = follower;
  const Kind key{kind, format};
  if (!kinds_.contains(key) && kinds_.size() >= limits_.kinds) return {};
  Checkpoints& checkpoints = kinds_[key];
  checkpoints.try_emplace(revision);
  while (checkpoints.size() > limits_.checkpoints) checkpoints.erase(checkpoints.begin());
  const auto found = checkpoints.find(revision);
  if (found == checkpoints.end()) return {};
  Checkpoint& checkpoint = found->second;
  const auto before = checkpoint.reports.find(instance);
  const bool known = before != checkpoint.reports.end();
  if (!known && checkpoint.reports.size() >= limits_.reports) return {};
  const bool again = known && (before->second.wrong || before->second.again);
  if (known) take_out(checkpoint, instance);
  checkpoint.reports[instance] = {digest, false, again};
  ++checkpoint.here[digest];
  Verdict verdict;
  // Who has not spoken by the next checkpoint is not waited for.
  for (auto& [at, each] : checkpoints) {
    if (at > revision) break;
    const bool all_spoke = at < revision || each.reports.size() >= expected;
    find_wrong(kind, each, alone_ && all_spoke, verdict);
  }
  const Tally votes = sum(checkpoint.here, checkpoint.others);
  const bool agreed = votes.size() == 1 && votes.begin()->second > 1;
  if (agreed && !checkpoint.reports[instance].wrong) verdict.right.push_back(follower);
  return verdict;
}

StateVotes::Verdict StateVotes::others(const std::vector<StateVote>& votes) {
  alone_ = false;
  for (auto& [key, checkpoints] : kinds_)
    for (auto& [revision, checkpoint] : checkpoints) {
      checkpoint.others.clear();
      checkpoint.others_wrong.clear();
    }
  // Only what can be compared with a report from here is kept.
  for (const StateVote& vote : votes) {
    const auto kind = kinds_.find({vote.kind, vote.format});
    if (kind == kinds_.end()) continue;
    const auto checkpoint = kind->second.find(vote.revision);
    if (checkpoint == kind->second.end()) continue;
    if (vote.followers > 0) checkpoint->second.others[vote.digest] += vote.followers;
    if (vote.wrong > 0) checkpoint->second.others_wrong[vote.digest] += vote.wrong;
  }
  Verdict verdict;
  for (auto& [key, checkpoints] : kinds_) {
    for (auto& [revision, checkpoint] : checkpoints) {
      Tally now = sum(checkpoint.here, checkpoint.others);
      checkpoint.rounds = now == checkpoint.seen ? checkpoint.rounds + 1 : 1;
      checkpoint.seen = std::move(now);
      find_wrong(key.first, checkpoint, checkpoint.rounds >= limits_.rounds, verdict);
    }
    find_right(key.first, checkpoints, verdict);
  }
  return verdict;
}

std::vector<StateVote> StateVotes::own() const {
  std::vector<StateVote> votes;
  for (const auto& [key, checkpoints] : kinds_) {
    for (const auto& [revision, checkpoint] : checkpoints) {
      std::map<std::uint64_t, StateVote> by_digest;
      const auto vote = [&, at = revision, &kind = key](std::uint64_t digest) -> StateVote& {
        return by_digest.try_emplace(digest, StateVote{kind.first, kind.second, at, digest, 0, 0})
            .first->second;
      };
      for (const auto& [digest, followers] : checkpoint.here) vote(digest).followers = followers;
      for (const auto& [digest, followers] : checkpoint.here_wrong) vote(digest).wrong = followers;
      for (auto& [digest, each] : by_digest) votes.push_back(std::move(each));
    }
  }
  return votes;
}

// REQUIRES: the instance has a report there.
void StateVotes::take_out(Checkpoint& checkpoint, const std::string& instance) {
  const Report& report = checkpoint.reports[instance];
  Tally& votes = report.wrong ? checkpoint.here_wrong : checkpoint.here;
  if (--votes[report.digest] == 0) votes.erase(report.digest);
}

bool StateVotes::differs(const Tally& votes, std::uint64_t digest, bool settled) {
  if (votes.size() < 2) return false;
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::uint64_t all = 0;
  for (const auto& [each, followers] : votes) all += followers;
  const bool majority = 2 * most->second > all;
  return majority ? digest != most->first : settled;
}

// Where two disagree at two replicas, both are wrong, though one of them is found so first: at
// first what another replica found wrong counts too. One that has started over since is held
// against those only that still stand.
void StateVotes::find_wrong(const std::string& kind, Checkpoint& checkpoint, bool settled,
                            Verdict& verdict) {
  const Tally standing = sum(checkpoint.here, checkpoint.others);
  const Tally all = sum(standing, checkpoint.others_wrong);
  if (all.size() < 2) return;
  for (auto& [instance, report] : checkpoint.reports) {
    if (report.wrong || !differs(report.again ? standing : all, report.digest, settled)) continue;
    take_out(checkpoint, instance);
    report.wrong = true;
    ++checkpoint.here_wrong[report.digest];
    (report.again ? verdict.wrong_again : verdict.wrong).emplace_back(kind, instance);
  }
}

// An older agreement says nothing of a follower that has differed since.
void StateVotes::find_right(const std::string& kind, const Checkpoints& checkpoints,
                            Verdict& verdict) {
  std::set<std::string> seen;
  for (auto at = checkpoints.rbegin(); at != checkpoints.rend(); ++at) {
    const Tally votes = sum(at->second.here, at->second.others);
    const bool agreed = votes.size() == 1 && votes.begin()->second > 1;
    for (const auto& [instance, report] : at->second.reports)
      if (seen.insert(instance).second && agreed && !report.wrong)
        verdict.right.emplace_back(kind, instance);
  }
}

}  // namespace millrace::statekit
