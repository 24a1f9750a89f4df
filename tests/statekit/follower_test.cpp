// The follower's side of the feed: what it accepts, what it acknowledges, how it comes back.
#include "support/catch.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::Disk;
using test::ToyFollower;
using test::ToyServer;

struct Fed {
  Fed() {
    check(server.start().has_value(), "a server starts");
    server.add("a", 1);
    server.run();
    check(follower.connect(server).has_value(), "a follower connects");
    check(follower.drain().has_value(), "a snapshot arrives");
  }
  // The next commits, made but not delivered.
  std::vector<FeedCommit> make(int count) {
    const Revision last = server.revision();
    for (int i = 0; i < count; ++i) server.add("a", 1);
    server.run();
    return server.broadcast.read_after(last, 1'000, 1 << 20).commits;
  }
  Result<std::vector<Ack>> offer(FeedMessage message) {
    return follower.core.on_message(message, 0);
  }

  ToyServer server;
  ToyFollower follower{"f1"};
};

TEST_CASE("G3: a gap, a repetition or a step back is refused and changes nothing") {
  Fed fed;
  const auto commits = fed.make(5);
  REQUIRE(fed.offer(Commits{{commits[0]}}));
  const Position before = *fed.follower.core.position();
  std::vector<FeedCommit> wrong;
  SECTION("a gap") { wrong = {commits[2]}; }
  SECTION("a repetition") { wrong = {commits[0]}; }
  SECTION("a gap inside a message") { wrong = {commits[1], commits[3]}; }
  SECTION("nothing at all") { wrong = {}; }
  CHECK_FALSE(fed.offer(Commits{wrong}));
  CHECK(fed.follower.core.position() == before);
  CHECK(fed.follower.value("a") == 2);
  CHECK(fed.offer(Commits{{commits.begin() + 1, commits.end()}}));
  CHECK(fed.follower.value("a") == 6);
}

TEST_CASE("G3: commits that do not match the digest are refused whole") {
  Fed fed;
  auto commits = fed.make(3);
  auto bytes = std::make_shared<Bytes>(*commits[1].bytes);
  bytes->back() = bytes->back() == '1' ? '2' : '1';
  commits[1].bytes = bytes;
  const auto refused = fed.offer(Commits{commits});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::data_loss);
  CHECK(fed.follower.value("a") == 1);
}

TEST_CASE("only the last commit of a message needs its digest") {
  Fed fed;
  auto commits = fed.make(3);
  commits[0].digest = commits[1].digest = {};
  REQUIRE(fed.offer(Commits{commits}));
  CHECK(fed.follower.core.position() == fed.server.core.position());
}

TEST_CASE("G3: within an incarnation a snapshot never takes a follower back") {
  Fed fed;
  const auto old_parts = fed.server.core.snapshot_parts();
  REQUIRE(fed.offer(Commits{fed.make(2)}));
  const auto refused = fed.offer(SnapshotPart{old_parts->position, 0, false, old_parts->parts[0]});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::data_loss);
  CHECK(fed.follower.value("a") == 3);
}

TEST_CASE("snapshot parts out of order or of two snapshots are refused, and a later one is taken") {
  Fed fed;
  fed.make(2);
  const auto parts = fed.server.core.snapshot_parts();
  const auto part = [&](std::uint32_t index, bool last) {
    return SnapshotPart{parts->position, index, last, parts->parts[index]};
  };
  SECTION("a part is missing") {
    REQUIRE(fed.offer(part(0, false)));
    CHECK_FALSE(fed.offer(part(2, true)));
  }
  SECTION("the position changes on the way") {
    REQUIRE(fed.offer(part(0, false)));
    SnapshotPart other = part(1, false);
    ++other.position.revision;
    CHECK_FALSE(fed.offer(other));
  }
  SECTION("the header names another position") {
    SnapshotPart first = part(0, false);
    ++first.position.revision;
    REQUIRE(fed.offer(first));
    SnapshotPart last = part(1, true);
    ++last.position.revision;
    CHECK_FALSE(fed.offer(last));
  }
  SECTION("commits come in between") {
    REQUIRE(fed.offer(part(0, false)));
    CHECK_FALSE(fed.offer(Commits{fed.make(1)}));
  }
  CHECK(fed.follower.value("a") == 1);
  fed.follower.core.on_disconnected({Code::data_loss, "", {}}, 0, 0.5);
  for (std::uint32_t i = 0; i < parts->parts.size(); ++i)
    REQUIRE(fed.offer(part(i, i + 1 == parts->parts.size())));
  CHECK(fed.follower.value("a") == 3);
}

TEST_CASE("G8: a snapshot over the limit is refused") {
  ToyServer server;
  REQUIRE(server.start());
  server.add(std::string(5'000, 'n'), 1);
  server.run();
  FollowerLimits limits;
  limits.snapshot_bytes_max = 4'000;
  ToyFollower follower("f1", nullptr, limits);
  REQUIRE(follower.connect(server));
  CHECK(follower.drain().error().code == Code::resource_exhausted);
}

TEST_CASE("each 64th revision is acknowledged with a digest of the state, also inside a batch") {
  Fed fed;
  const auto acks = fed.offer(Commits{fed.make(200)});
  REQUIRE(acks);
  REQUIRE(acks->size() == 4);
  CHECK((*acks)[0].revision == 64);
  CHECK((*acks)[1].revision == 128);
  CHECK((*acks)[2].revision == 192);
  CHECK((*acks)[3].revision == 201);
  CHECK((*acks)[0].state_digest.has_value());
  CHECK_FALSE((*acks)[3].state_digest.has_value());
  CHECK((*acks)[3].journal_digest == fed.server.core.position().digest);
}

TEST_CASE("G6: what a follower has acknowledged is what every later read shows at least") {
  Fed fed;
  Revision acknowledged = 0;
  for (int i = 0; i < 50; ++i) {
    const auto acks = fed.offer(Commits{fed.make(1 + i % 3)});
    REQUIRE(acks);
    acknowledged = acks->back().revision;
    CHECK(acknowledged == fed.server.revision());
    CHECK(fed.follower.projection.read()->revision() >= acknowledged);
    CHECK(fed.follower.projection.wait_for(acknowledged, 0));
    CHECK_FALSE(fed.follower.projection.wait_for(acknowledged + 1, 0));
  }
}

TEST_CASE("an event of an unknown kind stops a follower before it, which keeps what it has") {
  Fed fed;
  fed.server.add("a", 1);
  fed.server.submit({"new-kind", 1, 1});
  fed.server.core.step(0);
  const auto refused = fed.follower.drain();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::unimplemented);
  CHECK(fed.follower.value("a") == 2);
  CHECK(fed.follower.core.position()->revision == 2);
  const std::int64_t wait = fed.follower.core.on_disconnected(refused.error(), 10, 1);
  CHECK(wait == fed.follower.core.limits().backoff_ms_max);
  CHECK(fed.follower.core.status(10).phase == FollowerPhase::stale);
  CHECK(fed.follower.core.status(10).reason.find("unknown kind") != std::string::npos);
}

TEST_CASE("a heartbeat of a server that is behind or another incarnation ends the stream") {
  Fed fed;
  Position head = *fed.follower.core.position();
  REQUIRE(fed.offer(Heartbeat{head}));
  head.revision = 0;
  CHECK_FALSE(fed.offer(Heartbeat{head}));
  head = {test::incarnation_b, 5, {}};
  CHECK_FALSE(fed.offer(Heartbeat{head}));
}

TEST_CASE("the wait before reconnecting doubles up to its cap, is jittered, and starts afresh") {
  ToyFollower follower("f1");
  const Error why{Code::unavailable, "gone", {}};
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) waits.push_back(follower.core.on_disconnected(why, 0, 1));
  CHECK(waits == std::vector<std::int64_t>{100, 200, 400, 800, 1'600, 3'200, 5'000, 5'000});
  CHECK(follower.core.on_disconnected(why, 0, 0) == 2'500);
  REQUIRE(follower.core.on_message(Heartbeat{{test::incarnation_a, 0, {}}}, 0));
  CHECK(follower.core.on_disconnected(why, 0, 1) == 100);
}

TEST_CASE("a follower is empty, then live, then stale with its age and the reason") {
  Fed fed;
  ToyFollower fresh("f2");
  CHECK(fresh.core.status(0).phase == FollowerPhase::empty);
  fresh.core.on_disconnected({Code::unavailable, "connection refused", {}}, 0, 0);
  CHECK(fresh.core.status(0).phase == FollowerPhase::empty);
  CHECK(fresh.core.status(0).reason == "connection refused");

  REQUIRE(fed.follower.core.on_message(Heartbeat{fed.server.core.position()}, 100));
  CHECK(fed.follower.core.status(3'100).phase == FollowerPhase::live);
  CHECK(fed.follower.core.status(3'101).phase == FollowerPhase::stale);
  CHECK(fed.follower.core.status(3'101).age_ms == 3'001);
  fed.follower.core.on_disconnected({Code::unavailable, "gone", {}}, 200, 0);
  const FollowerStatus status = fed.follower.core.status(700);
  CHECK(status.phase == FollowerPhase::stale);
  CHECK(status.age_ms == 600);
  CHECK(status.reason == "gone");
}

TEST_CASE("G11: hostile messages are refused and never crash a follower") {
  Fed fed;
  const Position at = fed.server.core.position();
  CHECK_FALSE(fed.offer(SnapshotPart{at, 0, true, nullptr}));
  CHECK_FALSE(fed.offer(SnapshotPart{at, 0, true, std::make_shared<const Bytes>("")}));
  CHECK_FALSE(fed.offer(SnapshotPart{at, 7, true, std::make_shared<const Bytes>("x")}));
  CHECK_FALSE(fed.offer(Commits{{{2, nullptr, {}}}}));
  CHECK_FALSE(fed.offer(Commits{{{2, std::make_shared<const Bytes>("\x0a\xff"), {}}}}));
  CHECK(fed.follower.value("a") == 1);
}

TEST_CASE("laws: folding commits equals restoring the snapshot of that fold, for every prefix") {
  ToyServer server;
  REQUIRE(server.start());
  test::ToyState folded;
  for (int i = 0; i < 100; ++i) {
    server.add("c" + std::to_string(i % 7), 1 + i % 3);
    server.run();
    folded = *server.core.projection().read();
    test::ToyState restored;
    restored.restore(folded.snapshot());
    REQUIRE(restored == folded);
    REQUIRE(restored.digest() == folded.digest());
    const auto decoded =
        test::ToyCodec::decode_snapshot(test::ToyCodec::encode_snapshot(folded.snapshot()));
    REQUIRE(decoded == folded.snapshot());
  }
  CHECK(test::folded(server.store) == folded);
}

TEST_CASE("a machine, a follower and a fresh fold of the journal agree after random commands") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::uint32_t random = seed * 2'654'435'761U;
    const auto draw = [&](std::uint32_t below) {
      random = random * 1'664'525U + 1'013'904'223U;
      return (random >> 8) % below;
    };
    ToyServer server;
    REQUIRE(server.start());
    ToyFollower follower("f1");
    REQUIRE(follower.connect(server));
    for (int i = 0; i < 200; ++i) {
      if (draw(10) == 0) server.faults->next(static_cast<journal::AppendFault>(1 + draw(6)));
      server.add("c" + std::to_string(draw(5)), static_cast<std::int64_t>(draw(9)) - 4);
      if (draw(3) == 0) server.run(static_cast<int>(draw(4)));
      if (draw(5) == 0) REQUIRE(follower.drain());
    }
    server.run();
    REQUIRE(follower.drain());
    INFO("seed " << seed);
    CHECK(*follower.projection.read() == *server.core.projection().read());
    CHECK(test::folded(server.store) == *server.core.projection().read());
  }
}

}  // namespace
}  // namespace millrace
