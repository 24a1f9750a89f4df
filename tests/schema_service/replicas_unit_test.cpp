// Replicas that tell each other of themselves: who decides, who takes over, whom they serve.
#include "services/schema/replicas.hpp"

#include "journal/presence.hpp"
#include "services/schema/leases.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace millrace::schema_service {
namespace {

using statekit::FollowerRecord;

FollowerRecord follower(const std::string& kind, const std::string& instance,
                        statekit::Revision revision, bool live, statekit::MonoMs seen) {
  FollowerRecord record;
  record.kind = kind;
  record.instance = instance;
  record.revision = revision;
  record.live = record.connected = live;
  record.seen_ms = seen;
  return record;
}

// Replicas of one room, driven by hand.
struct Room {
  test::ManualClock clock;
  std::shared_ptr<journal::PresenceRoom> room = journal::make_presence_room(clock);
  std::unique_ptr<Replicas> replica(const std::string& id) {
    auto one = std::make_unique<Replicas>(
        journal::make_local_presence(room), id,
        [id] {
          ReplicaFacts facts;
          facts.id = id;
          facts.revision = 7;
          facts.ready = true;
          facts.endpoints = {"ep-" + id};
          facts.followers = {follower("routing", "r-" + id, 7, true, 0)};
          return facts;
        },
        clock);
    return one;
  }
};

}  // namespace

TEST_CASE("a replica that is alone decides by itself") {
  test::ManualClock clock;
  const Replicas alone(
      nullptr, "x", [] { return ReplicaFacts{}; }, clock);
  CHECK(alone.is_writer());
  CHECK(alone.writer_address().empty());
  CHECK(alone.others().empty());
}

TEST_CASE("the lowest of the replicas that are there is the preferred writer") {
  Room room;
  const auto a = room.replica("a"), b = room.replica("b");
  CHECK_FALSE(b->is_writer());  // it has not looked yet
  b->round();
  CHECK(b->is_writer());
  a->round();
  b->round();
  CHECK(a->is_writer());
  CHECK_FALSE(b->is_writer());
  CHECK(b->writer() == "a");
  REQUIRE(b->others().size() == 1);
  CHECK(b->others()[0].endpoints == std::vector<std::string>{"ep-a"});
  CHECK(b->others()[0].followers[0].instance == "r-a");
  CHECK(b->all().size() == 2);
}

TEST_CASE("another replica takes over when the preferred writer leaves or falls silent") {
  Room room;
  const auto a = room.replica("a"), b = room.replica("b"), c = room.replica("c");
  for (const auto& each : {a.get(), b.get(), c.get(), b.get()}) each->round();
  CHECK_FALSE(b->is_writer());
  room.clock.advance(2'000);
  for (const auto& each : {b.get(), c.get()}) each->round();
  CHECK_FALSE(b->is_writer());
  room.clock.advance(1'500);
  for (const auto& each : {b.get(), c.get()}) each->round();
  CHECK(b->is_writer());
  // One that cannot say itself any more does not hold itself for the writer.
  CHECK_FALSE(a->is_writer());
  b->leave();
  c->round();
  CHECK(c->is_writer());
}

TEST_CASE("replicas tell since when they are there and why they are not ready") {
  ReplicaFacts facts;
  facts.since_ms = 1'700'000'000'000;
  facts.ready = false;
  facts.reasons = {"etcd cannot be reached"};
  const auto back = decode_replica({"a", encode(facts, 0)}, 0);
  REQUIRE(back);
  CHECK(back->since_ms == facts.since_ms);
  CHECK(back->ready == false);
  CHECK(back->reasons == facts.reasons);
  CHECK_FALSE(decode_replica({"a", {}}, 0)->ready);  // of a version that does not tell
}

TEST_CASE("whether others are ready is not known once this replica hears nothing") {
  Room room;
  const auto a = room.replica("a"), b = room.replica("b");
  a->round();
  b->round();
  REQUIRE(b->all().size() == 2);
  CHECK(b->all()[0].ready == true);
  room.clock.advance(4'000);
  REQUIRE(b->all().size() == 2);
  CHECK_FALSE(b->all()[0].ready);
  CHECK(b->all()[1].ready == true);  // of itself it knows
}

TEST_CASE("a replica that is alone tells of itself") {
  test::ManualClock clock;
  Replicas alone(
      nullptr, "x", [] { return ReplicaFacts{}; }, clock);
  alone.join("10.0.0.1:8892");
  REQUIRE(alone.all().size() == 1);
  CHECK(alone.all()[0].address == "10.0.0.1:8892");
}

TEST_CASE("of what two replicas know of a follower the one that it is live with counts") {
  ReplicaFacts other;
  other.followers = {follower("routing", "r1", 9, true, 50),
                     follower("ingress", "i1", 3, false, 90),
                     follower("ingress", "i2", 4, true, 90)};
  const auto all = merge_followers(
      {follower("routing", "r1", 5, false, 99), follower("ingress", "i1", 2, true, 10)}, {other});
  REQUIRE(all.size() == 3);
  CHECK(all[0].instance == "i1");
  CHECK(all[0].revision == 2);
  CHECK(all[1].instance == "i2");
  CHECK(all[2].revision == 9);
}

TEST_CASE("whether a follower diverged says the replica that it reported a state to last") {
  FollowerRecord before = follower("routing", "r1", 128, false, 50);
  before.state_digest_at = 128;
  before.diverged = true;
  FollowerRecord now = follower("routing", "r1", 192, true, 90);
  now.state_digest_at = 192;
  ReplicaFacts other;
  other.followers = {now};
  CHECK_FALSE(merge_followers({before}, {other})[0].diverged);
  other.followers[0].state_digest_at = 0;  // it has not reported there yet
  CHECK(merge_followers({before}, {other})[0].diverged);
  other.followers = {before};
  CHECK_FALSE(merge_followers({now}, {other})[0].diverged);
}

TEST_CASE("what a router tells of calls in flight is known to all replicas") {
  ReplicaFacts facts;
  facts.followers = {follower("routing", "r1", 9, true, 900), follower("routing", "r2", 9, true, 9),
                     follower("ingress", "i1", 9, true, 900)};
  facts.followers[0].draining = statekit::DrainingCalls{{"dpl-echo-1", 3}};
  facts.followers[1].draining = statekit::DrainingCalls{};
  const auto back = decode_replica({"a", encode(facts, 1'000)}, 1'000);
  REQUIRE(back);
  CHECK(back->followers[0].draining == facts.followers[0].draining);
  CHECK(back->followers[1].draining == statekit::DrainingCalls{});
  CHECK_FALSE(back->followers[2].draining);
}

TEST_CASE("G8: of calls in flight as much is told as fits, and a router with more does not tell") {
  ReplicaFacts facts;
  for (const char* name : {"r1", "r2", "r3"}) {
    facts.followers.push_back(follower("routing", name, 9, true, 0));
    facts.followers.back().draining = statekit::DrainingCalls{};
  }
  for (int i = 0; i < 9'999; ++i) (*facts.followers[0].draining)["dpl-" + std::to_string(i)] = 1;
  for (int i = 0; i < 2; ++i) (*facts.followers[1].draining)["dpl-" + std::to_string(i)] = 1;
  const auto back = decode_replica({"a", encode(facts, 0)}, 0);
  REQUIRE(back);
  CHECK(back->followers[0].draining->size() == 9'999);
  CHECK_FALSE(back->followers[1].draining);
  CHECK(back->followers[2].draining == statekit::DrainingCalls{});
}

TEST_CASE("G8: of the votes on states the newest are told") {
  ReplicaFacts facts;
  for (statekit::Revision i = 1; i <= 300; ++i)
    facts.votes.push_back({"routing", 1, 64 * i, i, 1, 2});
  const auto back = decode_replica({"a", encode(facts, 0)}, 0);
  REQUIRE(back);
  REQUIRE(back->votes.size() == 256);
  CHECK(back->votes.front() == facts.votes.back());
}

TEST_CASE("what a replica says comes back, and anything else is refused") {
  ReplicaFacts facts;
  facts.id = "a";
  facts.address = "h:1";
  facts.revision = 12;
  facts.feature_level = 2;
  facts.endpoints = {"e1", "e2"};
  facts.followers = {follower("routing", "r1", 9, true, 900)};
  const auto back = decode_replica({"a", encode(facts, 1'000)}, 5'000);
  REQUIRE(back);
  CHECK(back->address == "h:1");
  CHECK(back->revision == 12);
  CHECK(back->endpoints == facts.endpoints);
  CHECK(back->followers[0].seen_ms == 4'900);
  CHECK(back->followers[0].live);
  CHECK_FALSE(decode_replica({"a", "\xff\xff"}, 0));
}

}  // namespace millrace::schema_service
