// What a FeedHub knows of its followers, and how it finds the one that went wrong.
#include <set>

#include "support/catch.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::ToyFollower;
using test::ToyServer;

void write(ToyServer& server, int commits, std::int64_t amount = 1) {
  for (int i = 1; i <= commits; ++i) {
    server.add("a", amount);
    if (i % 1'000 == 0 || i == commits) server.run();
  }
}

TEST_CASE("the hub knows each follower's revision, lag and liveness") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 5);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server, 100));
  REQUIRE(follower.drain(100));
  write(server, 2);
  auto known = server.hub.followers(200);
  REQUIRE(known.size() == 1);
  CHECK(known[0].kind == "toy");
  CHECK(known[0].instance == "f1");
  CHECK(known[0].revision == 5);
  CHECK(known[0].lag == 2);
  CHECK(known[0].live);
  CHECK_FALSE(server.hub.followers(3'101)[0].live);
  follower.session.reset();
  known = server.hub.followers(200);
  CHECK_FALSE(known[0].connected);
  CHECK_FALSE(known[0].live);
}

TEST_CASE("a second session of one follower takes the first one's place in the records") {
  ToyServer server;
  REQUIRE(server.start());
  ToyFollower first("f1");
  ToyFollower again("f1");
  REQUIRE(first.connect(server));
  REQUIRE(again.connect(server));
  first.session.reset();
  const auto known = server.hub.followers(0);
  REQUIRE(known.size() == 1);
  CHECK(known[0].connected);
}

TEST_CASE("G8: sessions and remembered followers are bounded") {
  FeedLimits limits;
  limits.sessions_max = 2;
  limits.records_max = 3;
  ToyServer server(nullptr, limits);
  REQUIRE(server.start());
  ToyFollower one("f1");
  ToyFollower two("f2");
  ToyFollower three("f3");
  REQUIRE(one.connect(server, 1));
  REQUIRE(two.connect(server, 2));
  CHECK(three.connect(server, 3).error().code == Code::resource_exhausted);
  one.session.reset();
  for (int i = 3; i < 10; ++i) {
    ToyFollower next("f" + std::to_string(i));
    REQUIRE(next.connect(server, i));
  }
  const auto known = server.hub.followers(10);
  CHECK(known.size() == 3);
  std::set<std::string> names;
  for (const FollowerRecord& record : known) names.insert(record.instance);
  CHECK(names == std::set<std::string>{"f2", "f8", "f9"});
}

// A follower whose state has gone wrong without its feed having noticed.
void corrupt(ToyFollower& follower) {
  auto wrong = follower.projection.read()->snapshot();
  wrong.counters["a"] += 1'000;
  follower.projection.restore(wrong);
}

TEST_CASE("G7: of three followers the one whose state differs starts over, then is named") {
  ToyServer server;
  REQUIRE(server.start());
  ToyFollower one("f1");
  ToyFollower two("f2");
  ToyFollower wrong("f3");
  const auto everybody = [&] {
    for (ToyFollower* follower : {&one, &two, &wrong}) REQUIRE(follower->drain());
  };
  for (ToyFollower* follower : {&one, &two, &wrong}) REQUIRE(follower->connect(server));
  everybody();
  // Adds to another counter, so that the wrong one stays wrong.
  const auto pass_checkpoint = [&] {
    for (int i = 0; i < 64; ++i) server.add("b", 1);
    server.run();
    everybody();
  };
  write(server, 1);
  everybody();
  corrupt(wrong);
  wrong.received.clear();
  pass_checkpoint();
  CHECK(wrong.count<SnapshotPart>() > 0);
  CHECK(wrong.value("a") == 1);
  const auto record = [&](const std::string& instance) {
    for (const FollowerRecord& known : server.hub.followers(0))
      if (known.instance == instance) return known;
    return FollowerRecord{};
  };
  CHECK(record("f3").mismatches == 1);
  CHECK_FALSE(record("f3").diverged);
  CHECK(record("f1").mismatches == 0);

  corrupt(wrong);
  pass_checkpoint();
  CHECK(record("f3").diverged);
  CHECK_FALSE(record("f1").diverged);
  CHECK_FALSE(record("f2").diverged);
}

TEST_CASE("G7: two followers that disagree both start over, since nobody knows who is right") {
  ToyServer server;
  REQUIRE(server.start());
  ToyFollower one("f1");
  ToyFollower two("f2");
  REQUIRE(one.connect(server));
  REQUIRE(two.connect(server));
  write(server, 63);
  REQUIRE(one.drain());
  REQUIRE(two.drain());
  corrupt(one);
  one.received.clear();
  two.received.clear();
  server.add("b", 1);
  server.run();
  REQUIRE(one.drain());
  REQUIRE(two.drain());
  REQUIRE(one.drain());
  CHECK(one.count<SnapshotPart>() > 0);
  CHECK(two.count<SnapshotPart>() > 0);
  CHECK(one.value("a") == 63);
  for (const FollowerRecord& record : server.hub.followers(0)) {
    CHECK(record.mismatches == 1);
    CHECK(record.state_digest_at == 64);
  }
}

TEST_CASE("followers of another kind or format are not compared") {
  ToyServer server;
  REQUIRE(server.start());
  auto one = server.hub.open({"toy", "f1", 1, {}}, 0);
  auto two = server.hub.open({"toy", "f2", 2, {}}, 0);
  auto three = server.hub.open({"other", "f3", 1, {}}, 0);
  for (auto* session : {&one, &two, &three}) REQUIRE(session->has_value());
  std::uint64_t digest = 1;
  for (auto* session : {&one, &two, &three}) REQUIRE((**session)->on_ack({64, {}, digest++}, 0));
  for (const FollowerRecord& record : server.hub.followers(0)) CHECK(record.mismatches == 0);
}

}  // namespace
}  // namespace millrace
