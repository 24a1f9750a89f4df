#include "statekit/broadcast.hpp"

#include <atomic>
#include <thread>

#include "statekit/envelope.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

namespace millrace {
namespace {

using namespace statekit;

FeedCommit commit_at(Revision revision, std::size_t bytes = 10) {
  Digest digest;
  digest.octets[0] = static_cast<std::uint8_t>(revision);
  return {revision, std::make_shared<const Bytes>(bytes, 'x'), digest};
}

void publish(Broadcast& broadcast, Revision from, Revision to, std::size_t bytes = 10) {
  for (Revision revision = from; revision <= to; ++revision)
    broadcast.publish(commit_at(revision, bytes));
}

TEST_CASE("a reader gets the commits after its revision, within both limits") {
  Broadcast broadcast;
  publish(broadcast, 1, 10);
  CHECK(broadcast.read_after(10, 100, 1'000).commits.empty());
  const auto some = broadcast.read_after(4, 3, 1'000);
  CHECK_FALSE(some.fell_out);
  REQUIRE(some.commits.size() == 3);
  CHECK(some.commits.front().revision == 5);
  CHECK(broadcast.read_after(0, 100, 35).commits.size() == 3);
  CHECK(broadcast.read_after(0, 100, 1).commits.size() == 1);
  CHECK(broadcast.read_after(99, 100, 1'000).commits.empty());
}

TEST_CASE("all readers share one copy of a commit") {
  Broadcast broadcast;
  publish(broadcast, 1, 1);
  const auto first = broadcast.read_after(0, 1, 100);
  const auto second = broadcast.read_after(0, 1, 100);
  CHECK(first.commits[0].bytes == second.commits[0].bytes);
}

TEST_CASE("G8: the ring is bounded in commits and in bytes, and who falls out is told") {
  BroadcastLimits limits;
  limits.commits_max = 5;
  limits.bytes_max = 100;
  Broadcast broadcast(limits);
  publish(broadcast, 1, 8);
  CHECK(broadcast.read_after(2, 100, 1'000).fell_out);
  CHECK(broadcast.read_after(3, 100, 1'000).commits.size() == 5);
  publish(broadcast, 9, 9, 70);
  CHECK(broadcast.read_after(4, 100, 1'000).fell_out);
  CHECK(broadcast.read_after(5, 100, 1'000).commits.size() == 4);
  publish(broadcast, 10, 10, 500);
  CHECK(broadcast.read_after(9, 100, 1'000).commits.size() == 1);
  CHECK(broadcast.head().revision == 10);
}

TEST_CASE("digests are known for the ring and the revision just before it") {
  BroadcastLimits limits;
  limits.commits_max = 2;
  Broadcast broadcast(limits);
  publish(broadcast, 1, 4);
  CHECK_FALSE(broadcast.digest_at(1));
  CHECK(broadcast.digest_at(2) == commit_at(2).digest);
  CHECK(broadcast.digest_at(4) == commit_at(4).digest);
  CHECK_FALSE(broadcast.digest_at(5));
}

TEST_CASE("a pinned tail stays in the ring until it is let go, or grows too far") {
  BroadcastLimits limits;
  limits.commits_max = 3;
  limits.pinned_commits_max = 10;
  Broadcast broadcast(limits);
  publish(broadcast, 1, 3);
  Broadcast::Pin pin = broadcast.pin(2);
  publish(broadcast, 4, 9);
  CHECK_FALSE(broadcast.read_after(2, 100, 1'000).fell_out);
  CHECK(broadcast.read_after(1, 100, 1'000).fell_out);
  SECTION("let go") {
    pin.reset();
    publish(broadcast, 10, 10);
    CHECK(broadcast.read_after(6, 100, 1'000).fell_out);
  }
  SECTION("grown too far") {
    publish(broadcast, 10, 20);
    CHECK(broadcast.read_after(2, 100, 1'000).fell_out);
    CHECK(broadcast.read_after(10, 100, 1'000).commits.size() == 10);
  }
}

TEST_CASE("a pin may outlive its broadcast") {
  Broadcast::Pin pin;
  {
    Broadcast broadcast;
    pin = broadcast.pin(0);
  }
  pin.reset();
  CHECK(pin == nullptr);
}

TEST_CASE("subscribers are woken by each publish and reset, and not after they left") {
  Broadcast broadcast;
  int woken = 0;
  const std::uint64_t id = broadcast.subscribe([&] { ++woken; });
  publish(broadcast, 1, 2);
  CHECK(woken == 2);
  broadcast.reset({"other", 7, {}});
  CHECK(woken == 3);
  CHECK(broadcast.head().incarnation == "other");
  broadcast.unsubscribe(id);
  publish(broadcast, 8, 8);
  CHECK(woken == 3);
}

TEST_CASE("after unsubscribe returned, a wake-up is not running any more") {
  Broadcast broadcast;
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    for (Revision revision = 1; !done; ++revision) broadcast.publish(commit_at(revision));
  });
  while (broadcast.head().revision == 0) std::this_thread::yield();
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    const std::uint64_t id = broadcast.subscribe([raw = alive.get()] { ++*raw; });
    broadcast.unsubscribe(id);
    alive.reset();
  }
  done = true;
  publisher.join();
  CHECK(broadcast.head().revision > 0);
}

TEST_CASE("a hidden event travels as its hash, and the digest chain still closes") {
  const Envelope envelope{"header", {{"public", false, {}}, {"secret", false, {}}}};
  const Digest digest = chain({}, 1, envelope);
  Broadcast broadcast({}, [](BytesView event) { return event == "secret"; });
  broadcast.publish({1, std::make_shared<const Bytes>(encode(envelope)), digest});
  const FeedCommit sent = broadcast.read_after(0, 1, 1'000).commits.at(0);
  CHECK(sent.bytes->find("secret") == Bytes::npos);
  const auto received = decode_envelope(*sent.bytes);
  REQUIRE(received);
  CHECK(received->events[0].bytes == "public");
  CHECK(received->events[1].hidden);
  CHECK(chain({}, 1, *received) == digest);
}

TEST_CASE("a commit without hidden events is not encoded again") {
  const auto bytes = std::make_shared<const Bytes>(test::commit_of("public"));
  Broadcast broadcast({}, [](BytesView event) { return event == "secret"; });
  broadcast.publish({1, bytes, {}});
  CHECK(broadcast.read_after(0, 1, 1'000).commits.at(0).bytes == bytes);
}

}  // namespace
}  // namespace millrace
