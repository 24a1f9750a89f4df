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
