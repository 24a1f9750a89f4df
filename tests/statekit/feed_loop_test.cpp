// The thread around a follower: it reconnects, it resumes, it stops.
#include "statekit/io/log.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/fake_feed.hpp"
#include "support/manual_clock.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using Toy = Follower<test::ToyState, test::ToyCodec>;

struct Rig {
  Rig() {
    set_up_logging({LogLevel::off, LogFormat::text});
    check(server.start().has_value(), "a server starts");
    for (int i = 0; i < 3; ++i) server.add("a", 1);
    server.run();
  }
  std::vector<FeedMessage> snapshot() {
    const auto parts = server.core.snapshot_parts();
    std::vector<FeedMessage> messages;
    for (const auto& part : parts->parts)
      messages.push_back(SnapshotPart{parts->position, static_cast<std::uint32_t>(messages.size()),
                                      messages.size() + 1 == parts->parts.size(), part});
    return messages;
  }
  FeedMessage commits_after(Revision revision) {
    return Commits{server.broadcast.read_after(revision, 100, 1 << 20).commits};
  }
  static FollowerOptions options(std::int64_t silence_ms = 20'000) {
    FollowerOptions options{{"toy", "f1", 1}, "", {}};
    options.limits.backoff_ms_min = options.limits.backoff_ms_max = 1;
    options.limits.silence_ms_max = silence_ms;
    return options;
  }

  test::ToyServer server;
  test::FakeFeed feed;
  test::ManualClock clock;
};

TEST_CASE("after an error the loop says hello again with the position that it has reached") {
  Rig rig;
  const Error lost{Code::unavailable, "connection reset", {}};
  rig.feed.expect(rig.snapshot(), lost);
  const Position first = rig.server.core.position();
  rig.server.add("a", 1);
  rig.server.run();
  rig.feed.expect({rig.commits_after(3)});
  Toy follower(Rig::options(), rig.feed.transport(), rig.clock);
  follower.start();
  REQUIRE(follower.projection().wait_for(4, 60'000));
  follower.stop();
  const auto hellos = rig.feed.hellos();
  REQUIRE(hellos.size() == 2);
  CHECK_FALSE(hellos[0].position);
  CHECK(hellos[1].position == first);
  CHECK(rig.feed.acks().back().revision == 4);
}

TEST_CASE("a message that cannot be applied ends the stream, and the next one mends it") {
  Rig rig;
  rig.feed.expect(rig.snapshot());
  for (int i = 0; i < 2; ++i) rig.server.add("a", 1);
  rig.server.run();
  Toy follower(Rig::options(20), rig.feed.transport(), rig.clock);
  rig.feed.expect({rig.commits_after(4)});  // a gap
  rig.feed.expect({rig.commits_after(3)});
  follower.start();
  REQUIRE(follower.projection().wait_for(5, 60'000));
  CHECK(follower.read()->value("a") == 5);
  follower.stop();
}

TEST_CASE("a silent stream is given up, and a server that refuses is asked again and again") {
  Rig rig;
  Toy follower(Rig::options(1), rig.feed.transport(), rig.clock);
  rig.feed.expect({});
  follower.start();
  CHECK(test::eventually([&] { return rig.feed.hellos().size() > 5; }));
  CHECK(follower.status().phase == FollowerPhase::empty);
  CHECK(test::eventually([&] { return follower.status().reason == "connection refused"; }));
  rig.feed.expect(rig.snapshot());
  CHECK(follower.projection().wait_for(3, 60'000));
  follower.stop();
}

TEST_CASE("stopping ends a stream that waits, and a pause between two") {
  Rig rig;
  SECTION("a stream that waits") {
    rig.feed.expect(rig.snapshot());
    Toy follower(Rig::options(600'000), rig.feed.transport(), rig.clock);
    follower.start();
    REQUIRE(follower.projection().wait_for(3, 60'000));
    follower.stop();
    CHECK(rig.feed.open_streams() == 0);
    CHECK(follower.read()->value("a") == 3);
  }
  SECTION("a pause between two") {
    FollowerOptions options = Rig::options();
    options.limits.backoff_ms_min = options.limits.backoff_ms_max = 600'000;
    Toy follower(options, rig.feed.transport(), rig.clock);
    follower.start();
    REQUIRE(test::eventually([&] { return rig.feed.hellos().size() == 1; }));
    follower.stop();
    CHECK(rig.feed.hellos().size() == 1);
  }
}

}  // namespace
}  // namespace millrace
