// Followers of one kind at several replicas, compared by what the replicas tell each other.
#include "statekit/state_votes.hpp"

#include "support/catch.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::ToyFollower;
using test::ToyServer;
using Followers = std::vector<StateVotes::Follower>;

const Followers nobody;
StateVotes::Follower toy(const std::string& instance) { return {"toy", instance}; }

// What each of two replicas tells the other, both ways, and who is found out.
struct Pair {
  StateVotes a, b;
  std::pair<StateVotes::Verdict, StateVotes::Verdict> rounds(int count) {
    std::pair<StateVotes::Verdict, StateVotes::Verdict> all;
    for (int i = 0; i < count; ++i) {
      add(all.first, a.others(b.own()));
      add(all.second, b.others(a.own()));
    }
    return all;
  }
  static void add(StateVotes::Verdict& all, const StateVotes::Verdict& more) {
    all.wrong.insert(all.wrong.end(), more.wrong.begin(), more.wrong.end());
    all.right = more.right;
  }
};

TEST_CASE("G7: a follower that differs from the majority is found though they follow others") {
  Pair pair;
  CHECK(pair.a.report(toy("f1"), 1, 64, 5, 3).wrong == nobody);
  CHECK(pair.b.report(toy("f2"), 1, 64, 7, 3).wrong == nobody);
  CHECK(pair.b.report(toy("f3"), 1, 64, 7, 3).wrong == nobody);
  const auto [at_a, at_b] = pair.rounds(5);
  CHECK(at_a.wrong == Followers{toy("f1")});
  CHECK(at_b.wrong == nobody);
  // Once for each report, however often the others say theirs.
  CHECK(pair.rounds(5).first.wrong == nobody);
  CHECK(pair.a.report(toy("f1"), 1, 128, 6, 3).wrong == nobody);
  CHECK(pair.b.report(toy("f2"), 1, 128, 8, 3).wrong == nobody);
  CHECK(pair.b.report(toy("f3"), 1, 128, 8, 3).wrong == nobody);
  CHECK(pair.rounds(5).first.wrong == Followers{toy("f1")});
}

TEST_CASE("G7: two that disagree at two replicas are both wrong, and right again once they agree") {
  Pair pair;
  pair.a.report(toy("f1"), 1, 64, 5, 3);
  pair.b.report(toy("f2"), 1, 64, 7, 3);
  const auto [at_a, at_b] = pair.rounds(5);
  CHECK(at_a.wrong == Followers{toy("f1")});
  CHECK(at_b.wrong == Followers{toy("f2")});
  // One has started over, and the other has not yet: what it said before is not held against it.
  CHECK(pair.a.report(toy("f1"), 1, 64, 7, 3).wrong == nobody);
  CHECK(pair.rounds(5).first.wrong == nobody);
  CHECK(pair.b.report(toy("f2"), 1, 64, 7, 3).wrong == nobody);
  const auto [a_again, b_again] = pair.rounds(5);
  CHECK(a_again.right == Followers{toy("f1")});
  CHECK(b_again.right == Followers{toy("f2")});
}

TEST_CASE("G7: of two that disagree nobody is wrong until the third has spoken, or had the time") {
  StateVotes alone;
  CHECK(alone.report(toy("f1"), 1, 64, 5, 3).wrong == nobody);
  CHECK(alone.report(toy("f2"), 1, 64, 7, 3).wrong == nobody);
  CHECK(alone.report(toy("f3"), 1, 64, 5, 3).wrong == Followers{toy("f2")});
  CHECK(alone.report(toy("f1"), 1, 128, 5, 3).wrong == nobody);
  CHECK(alone.report(toy("f2"), 1, 128, 7, 3).wrong == nobody);
  CHECK(alone.report(toy("f1"), 1, 192, 5, 3).wrong == Followers{toy("f1"), toy("f2")});

  Pair pair;
  pair.a.report(toy("f1"), 1, 64, 5, 1);
  pair.b.report(toy("f2"), 1, 64, 7, 2);
  CHECK(pair.rounds(2).first.wrong == nobody);
  pair.b.report(toy("f3"), 1, 64, 7, 2);
  const auto [at_a, at_b] = pair.rounds(5);
  CHECK(at_a.wrong == Followers{toy("f1")});
  CHECK(at_b.wrong == nobody);
}

TEST_CASE("an older agreement says nothing of a follower that has differed since") {
  Pair pair;
  pair.a.report(toy("f1"), 1, 64, 7, 3);
  pair.b.report(toy("f2"), 1, 64, 7, 3);
  pair.b.report(toy("f3"), 1, 64, 7, 3);
  CHECK(pair.rounds(5).first.right == Followers{toy("f1")});
  pair.a.report(toy("f1"), 1, 128, 1, 3);
  pair.b.report(toy("f2"), 1, 128, 8, 3);
  pair.b.report(toy("f3"), 1, 128, 8, 3);
  CHECK(pair.rounds(5).first.wrong == Followers{toy("f1")});
  CHECK(pair.rounds(5).first.right == nobody);
}

TEST_CASE("votes of another kind, format or revision are not compared") {
  StateVotes here;
  here.report(toy("f1"), 1, 64, 5, 3);
  CHECK(here.others({{"other", 1, 64, 7, 3, 0}, {"toy", 2, 64, 7, 3, 0}, {"toy", 1, 65, 7, 3, 0}})
            .wrong == nobody);
  CHECK(here.others({{"toy", 1, 64, 7, 3, 0}}).wrong == Followers{toy("f1")});
}

TEST_CASE("G8: what is kept to compare is bounded") {
  StateVotes few({2, 2, 2});
  for (const char* kind : {"a", "b", "c"})
    for (Revision at : {64, 128, 192})
      for (const char* instance : {"x", "y", "z"}) few.report({kind, instance}, 1, at, 1, 3);
  const auto own = few.own();
  CHECK(own.size() == 4);
  for (const StateVote& vote : own) {
    CHECK(vote.kind != "c");
    CHECK(vote.revision > 64);
    CHECK(vote.followers == 2);
  }
}

TEST_CASE("G7: a hub has a follower start over, once, that its replica alone could not judge") {
  ToyServer server;
  REQUIRE(server.start());
  ToyFollower wrong("f1");
  REQUIRE(wrong.connect(server));
  for (int i = 0; i < 63; ++i) server.add("a", 1);
  server.run();
  REQUIRE(wrong.drain());
  wrong.received.clear();
  server.add("a", 1);
  server.run();
  REQUIRE(wrong.drain());
  auto votes = server.hub.votes();
  REQUIRE(votes.size() == 1);
  CHECK(votes[0].revision == 64);
  CHECK(votes[0].followers == 1);
  votes[0].digest += 1;  // as two followers of another replica report it
  votes[0].followers = 2;
  server.snapshots = 0;
  server.hub.weigh(votes);
  REQUIRE(wrong.drain());
  CHECK(wrong.count<SnapshotPart>() > 0);
  // It differs still, at the same revision: it is named, and given no more snapshots.
  CHECK(server.hub.followers(0)[0].mismatches == 2);
  CHECK(server.hub.followers(0)[0].diverged);
  CHECK(server.snapshots == 1);
}

}  // namespace
}  // namespace millrace
