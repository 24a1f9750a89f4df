// The server's side of the feed: what a follower is sent, by where it stands.
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

TEST_CASE("a follower without a position gets a snapshot in parts, then commits in few messages") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 10);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() == 3);  // header, revision, one counter
  CHECK(follower.count<Commits>() == 0);
  CHECK(*follower.projection.read() == *server.core.projection().read());
  write(server, 50);
  REQUIRE(follower.drain());
  CHECK(follower.count<Commits>() == 1);
  CHECK(follower.core.position() == server.core.position());
  CHECK(*follower.projection.read() == *server.core.projection().read());
}

TEST_CASE("a batch keeps to its limits in commits and bytes") {
  FeedLimits limits;
  limits.batch_commits_max = 4;
  limits.batch_bytes_max = 100;
  ToyServer server(nullptr, limits);
  REQUIRE(server.start());
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  write(server, 40);
  REQUIRE(follower.drain());
  for (const FeedMessage& message : follower.received)
    if (const auto* commits = std::get_if<Commits>(&message)) {
      std::size_t bytes = 0;
      for (const FeedCommit& commit : commits->commits) bytes += commit.bytes->size();
      CHECK(bytes <= 100);
      CHECK(commits->commits.size() <= 4);
    }
  CHECK(follower.count<Commits>() >= 10);
  CHECK(follower.value("a") == 40);
}

TEST_CASE("a follower that comes back resumes after its position without a snapshot") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  follower.session.reset();
  write(server, 5);
  follower.received.clear();
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() == 0);
  CHECK(follower.value("a") == 8);
}

TEST_CASE("a follower that resumes at the head is greeted at once") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  follower.core.on_disconnected({Code::unavailable, "gone", {}}, 10, 0.5);
  REQUIRE(follower.connect(server, 20));
  REQUIRE(follower.drain(20));
  CHECK(std::holds_alternative<Heartbeat>(follower.received.back()));
  CHECK(follower.core.status(20).phase == FollowerPhase::live);
}

TEST_CASE("who fell out of the ring is served from the journal") {
  auto store = journal::make_memory_store();
  ToyServer writer(store);
  ToyServer late(store);
  REQUIRE(writer.start());
  write(writer, 2);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(writer));
  REQUIRE(follower.drain());
  write(writer, 20);
  REQUIRE(writer.core.save_snapshot());
  write(writer, 1);
  // A replica that starts now has only the snapshot's tail in its ring.
  REQUIRE(late.start());
  follower.received.clear();
  REQUIRE(follower.connect(late));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() == 0);
  CHECK(follower.value("a") == 23);
}

TEST_CASE("who fell out of the ring gets a snapshot where that is smaller") {
  auto store = journal::make_memory_store();
  ToyServer writer(store);
  ToyServer late(store);
  REQUIRE(writer.start());
  write(writer, 2);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(writer));
  REQUIRE(follower.drain());
  write(writer, 200);
  REQUIRE(writer.core.save_snapshot());
  write(writer, 5);
  REQUIRE(late.start());
  ToyFollower fresh("f2");
  REQUIRE(fresh.connect(late));
  REQUIRE(fresh.drain());
  follower.received.clear();
  REQUIRE(follower.connect(late));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() > 0);
  CHECK(follower.value("a") == 207);
}

TEST_CASE("who asks for a compacted part gets a snapshot") {
  auto store = journal::make_memory_store();
  ToyServer writer(store);
  ToyServer late(store);
  REQUIRE(writer.start());
  write(writer, 2);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(writer));
  REQUIRE(follower.drain());
  write(writer, 5);
  REQUIRE(writer.core.save_snapshot());
  write(writer, 1);
  REQUIRE(writer.journal->compact(7));
  REQUIRE(late.start());
  follower.received.clear();
  REQUIRE(follower.connect(late));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() > 0);
  CHECK(follower.value("a") == 8);
}

TEST_CASE("another incarnation always means a snapshot, even to an earlier revision") {
  ToyServer old_server;
  ToyServer restored;
  REQUIRE(old_server.start());
  write(old_server, 9);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(old_server));
  REQUIRE(follower.drain());
  REQUIRE(restored.core.start({test::incarnation_b, true}));
  write(restored, 4);
  follower.received.clear();
  REQUIRE(follower.connect(restored));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() > 0);
  CHECK(follower.value("a") == 4);
  CHECK(follower.core.position()->incarnation == test::incarnation_b);
}

TEST_CASE("G3: a replica that is behind its follower catches up first and sends no snapshot") {
  auto store = journal::make_memory_store();
  ToyServer ahead(store);
  ToyServer behind(store);
  REQUIRE(ahead.start());
  REQUIRE(behind.start());
  write(ahead, 5);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(ahead));
  REQUIRE(follower.drain());
  follower.received.clear();
  REQUIRE(follower.connect(behind));
  CHECK(*follower.step() == false);
  CHECK(behind.nudges == 1);
  CHECK(*follower.step(4'000) == false);
  behind.core.look_at_head();
  behind.run();
  REQUIRE(follower.drain(4'000));
  CHECK(follower.count<SnapshotPart>() == 0);
  CHECK(follower.count<Heartbeat>() == 1);
  write(ahead, 1);
  behind.core.look_at_head();
  behind.run();
  REQUIRE(follower.drain(4'000));
  CHECK(follower.value("a") == 6);
}

TEST_CASE("a replica that does not catch up in time answers Unavailable") {
  auto store = journal::make_memory_store();
  ToyServer ahead(store);
  ToyServer behind(store);
  REQUIRE(ahead.start());
  REQUIRE(behind.start());
  write(ahead, 5);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(ahead));
  REQUIRE(follower.drain());
  REQUIRE(follower.connect(behind, 0));
  CHECK(follower.step(5'000));
  CHECK(follower.step(5'001).error().code == Code::unavailable);
}

TEST_CASE("a follower past the end of the whole journal is answered Unavailable") {
  ToyServer full;
  ToyServer empty;  // the same incarnation, with less in it
  REQUIRE(full.start());
  write(full, 5);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(full));
  REQUIRE(follower.drain());
  REQUIRE(empty.start());
  write(empty, 2);
  REQUIRE(follower.connect(empty));
  CHECK(follower.step().error().code == Code::unavailable);
  CHECK(follower.value("a") == 5);
}

TEST_CASE("a follower with another history at a known revision gets a snapshot") {
  ToyServer one;
  REQUIRE(one.start());
  write(one, 3, 1);
  ToyServer other;
  REQUIRE(other.start());
  write(other, 4, 2);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(one));
  REQUIRE(follower.drain());
  follower.received.clear();
  REQUIRE(follower.connect(other));
  REQUIRE(follower.drain());
  CHECK(follower.count<SnapshotPart>() > 0);
  CHECK(follower.value("a") == 8);
}

TEST_CASE("an idle feed sends a heartbeat with the head each second, and nothing in between") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server, 0));
  REQUIRE(follower.drain(0));
  follower.received.clear();
  REQUIRE(follower.drain(999));
  CHECK(follower.received.empty());
  CHECK(follower.session->due_ms() == 1'000);
  REQUIRE(follower.drain(1'000));
  REQUIRE(follower.received.size() == 1);
  CHECK(std::get<Heartbeat>(follower.received[0]).head == server.core.position());
}

TEST_CASE("a slow follower costs the writer nothing and comes along later") {
  ToyServer server;
  REQUIRE(server.start());
  ToyFollower slow("f1");
  REQUIRE(slow.connect(server));
  REQUIRE(slow.drain());
  write(server, 20'000);
  CHECK(server.broadcast.read_after(0, 1, 1).fell_out);
  REQUIRE(slow.drain());
  CHECK(slow.value("a") == 20'000);
}

TEST_CASE("an acknowledgement with another journal digest ends the stream") {
  ToyServer server;
  REQUIRE(server.start());
  write(server, 3);
  ToyFollower follower("f1");
  REQUIRE(follower.connect(server));
  REQUIRE(follower.drain());
  Ack wrong{3, {}, {}};
  CHECK(follower.session->on_ack(wrong, 0).error().code == Code::failed_precondition);
}

TEST_CASE("hidden events reach no follower, neither from the ring nor from the journal") {
  auto store = journal::make_memory_store();
  test::ToyReplica writer(store);
  REQUIRE(writer.start());
  writer.add("hidden", 7);
  writer.add("a", 1);
  writer.run();
  Broadcast broadcast({}, [](BytesView event) { return event.starts_with("hidden"); });
  const auto journal = journal::make_memory_journal(store);
  test::ToyCore core(*journal, broadcast);
  REQUIRE(core.start({test::incarnation_a, true}));
  FeedHub hub(broadcast, *journal, [&] { return core.snapshot_parts(); });
  const Digest zero;
  const auto position = Position{test::incarnation_a, 0, zero};
  auto session = hub.open({"toy", "f1", 1, position}, 0);
  REQUIRE(session);
  SECTION("from the ring") {}
  SECTION("from the journal") { broadcast.reset(core.position()); }
  const auto message = (*session)->next(0);
  REQUIRE(message);
  REQUIRE(message->has_value());
  const auto& commits = std::get<Commits>(**message).commits;
  REQUIRE(commits.size() == 2);
  CHECK(commits[0].bytes->find("hidden") == Bytes::npos);
  CHECK(chain(zero, 1, *commits[0].bytes) == commits[0].digest);
}

}  // namespace
}  // namespace millrace
