// StateVotes: compares the digests that the followers of one kind and format reported of their
// states at one revision (promise G7), together with what those of other replicas reported there.
// The majority is right; where there is none once all have spoken, nobody can tell, so all that
// reported here are wrong. Used by FeedHub under its lock. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "statekit/types.hpp"

namespace millrace::statekit {

// How many followers reported this digest; what replicas tell each other.
struct StateVote {
  std::string kind;
  std::uint32_t format = 1;
  Revision revision = 0;
  std::uint64_t digest = 0;
  std::uint64_t followers = 0;
  std::uint64_t wrong = 0;  // further ones that were found wrong already
  bool operator==(const StateVote&) const = default;
};

struct VoteLimits {
  std::size_t checkpoints = 16;  // how many revisions are compared
  std::size_t kinds = 64;        // further ones are not compared
  std::size_t reports = 8'192;   // at one revision; further followers are not compared
  int rounds = 3;                // of others(): a tie that stands for so long is one
};

class StateVotes {
 public:
  using Follower = std::pair<std::string, std::string>;  // kind, instance
  struct Verdict {
    std::vector<Follower> wrong;  // each once for each report
    // The same, at a revision where they were found wrong before: starting over did not help.
    std::vector<Follower> wrong_again;
    std::vector<Follower> right;  // agree with all others at the last revision they reported
  };

  explicit StateVotes(VoteLimits limits = {}) : limits_(limits) {}

  // A follower here has this digest at this revision; `expected` of its kind are here and report
  // in their time. `right` holds no other than this one.
  Verdict report(const Follower& follower, std::uint32_t format, Revision revision,
                 std::uint64_t digest, std::size_t expected);
  // What all other replicas say, instead of what they said before.
  Verdict others(const std::vector<StateVote>& votes);
  // What was reported here.
  std::vector<StateVote> own() const;

 private:
  struct Report {
    std::uint64_t digest = 0;
    bool wrong = false;
    bool again = false;  // the one before was found wrong
  };
  using Tally = std::map<std::uint64_t, std::uint64_t>;  // digest -> followers
  struct Checkpoint {
    std::map<std::string, Report> reports;  // by instance
    Tally here, here_wrong;
    Tally others, others_wrong;
    Tally seen;      // by others(), all together
    int rounds = 0;  // for how long it has been so
  };
  using Kind = std::pair<std::string, std::uint32_t>;  // and format
  using Checkpoints = std::map<Revision, Checkpoint>;

  static bool differs(const Tally& votes, std::uint64_t digest, bool settled);
  static void take_out(Checkpoint& checkpoint, const std::string& instance);
  static void find_wrong(const std::string& kind, Checkpoint& checkpoint, bool settled,
                         Verdict& verdict);
  static void find_right(const std::string& kind, const Checkpoints& checkpoints, Verdict& verdict);

  const VoteLimits limits_;
  bool alone_ = true;  // no word of others yet
  std::map<Kind, Checkpoints> kinds_;
};

}  // namespace millrace::statekit
