// Snapshots in the feed: shared by all who want one, kept for who comes later, and never older than
// who asks.
#include "support/catch.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::ToyFollower;
using test::ToyServer;

void write(ToyServer& server, int commits) {
  for (int i = 1; i <= commits; ++i) {
    server.add("a", 1);
    if (i % 1'000 == 0 || i == commits) server.run();
  }
}

TEST_CASE("all who wait for a snapshot share one encoding, and its tail stays in the ring") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower first("f1");
  ToyFollower second("f2");
  REQUIRE(first.connect(server));
  REQUIRE(second.connect(server));
  REQUIRE(first.step());
  write(server, 9'000);  // more than the ring holds unpinned
  REQUIRE(second.step());
  CHECK(server.snapshots == 1);
  REQUIRE(first.drain());
  REQUIRE(second.drain());
  CHECK(server.snapshots == 1);
  CHECK(first.value("a") == 9'003);
  CHECK(second.value("a") == 9'003);
}

TEST_CASE("who comes later gets the snapshot that was sent before, and what was written since") {
  ToyServer server;
  REQUIRE(server.start());
  for (int i = 0; i < 500; ++i) server.add("name" + std::to_string(i), 1);
  server.run();
  ToyFollower early("f1");
  REQUIRE(early.connect(server));
  REQUIRE(early.drain());
  write(server, 2);
  ToyFollower late("f2");
  REQUIRE(late.connect(server));
  REQUIRE(late.drain());
  CHECK(server.snapshots == 1);
  CHECK(late.value("a") == 2);
  CHECK(late.count<Commits>() == 1);
}

TEST_CASE("G8: a kept snapshot that the ring does not join, or that is too large, is made anew") {
  FeedLimits limits;
  int written = 20'000;
  SECTION("the ring") {}
  SECTION("too large") {
    limits.kept_snapshot_bytes_max = 1;
    written = 0;
  }
  ToyServer server(nullptr, limits);
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower early("f1");
  REQUIRE(early.connect(server));
  REQUIRE(early.drain());
  early.session.reset();
  write(server, written);
  ToyFollower late("f2");
  REQUIRE(late.connect(server));
  REQUIRE(late.drain());
  CHECK(server.snapshots == 2);
  CHECK(late.value("a") == 3 + written);
}

TEST_CASE("a long tail makes the next follower's snapshot a new one") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower early("f1");
  REQUIRE(early.connect(server));
  REQUIRE(early.drain());
  write(server, 100);
  ToyFollower late("f2");
  REQUIRE(late.connect(server));
  REQUIRE(late.drain());
  CHECK(late.count<Commits>() == 0);
  CHECK(late.value("a") == 103);
}

// Where a follower stands that wants a snapshot all the same: its cache is outgrown.
std::unique_ptr<FeedSession> wanting(ToyServer& server, const Position& from, MonoMs now = 0) {
  Hello hello{"toy", "f2", 1, {}, 0, from};
  auto session = server.hub.open(std::move(hello), now);
  REQUIRE(session);
  return std::move(*session);
}

TEST_CASE("G3: who wants a new snapshot is sent none that is older than it is") {
  ToyServer server;
  REQUIRE(server.start());
  for (int i = 0; i < 500; ++i) server.add("name" + std::to_string(i), 1);
  server.run();
  ToyFollower early("f1");
  REQUIRE(early.connect(server));
  REQUIRE(early.step());  // still being sent
  const bool kept = GENERATE(false, true);
  if (kept) REQUIRE(early.drain());
  write(server, 2);
  const auto first = wanting(server, server.core.position())->next(0);
  REQUIRE(first);
  REQUIRE(first->has_value());
  CHECK(std::get<SnapshotPart>(**first).position == server.core.position());
}

TEST_CASE("G3: who wants a snapshot from a replica that is behind waits until it has caught up") {
  auto store = journal::make_memory_store();
  ToyServer writer(store);
  ToyServer behind(store);
  REQUIRE(writer.start());
  REQUIRE(behind.start());
  write(writer, 4);
  const auto session = wanting(behind, writer.core.position());
  const auto nothing = session->next(0);
  REQUIRE(nothing);
  CHECK_FALSE(nothing->has_value());
  CHECK(behind.nudges == 1);
  behind.core.look_at_head();
  behind.run();
  const auto first = session->next(1);
  REQUIRE(first);
  REQUIRE(first->has_value());
  CHECK(std::get<SnapshotPart>(**first).position == writer.core.position());
}

}  // namespace
}  // namespace millrace
