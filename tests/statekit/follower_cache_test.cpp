// What a follower keeps on disk, and what it makes of a damaged file.
#include "statekit/follower_cache.hpp"

#include <map>

#include "support/catch.hpp"
#include "support/toy_feed.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::Disk;
using test::ToyFollower;
using test::ToyServer;

Disk make_disk() { return std::make_shared<std::optional<Bytes>>(); }

// A disk as a follower leaves it that was sent a snapshot and some commits; the honest states that
// it went through, by revision.
struct Filled {
  explicit Filled(std::size_t tail_bytes_min = 1 << 20) {
    check(server.start().has_value(), "a server starts");
    server.add("a", 1);
    server.run();
    ToyFollower follower("f1", disk, {}, tail_bytes_min);
    check(follower.connect(server).has_value(), "a follower connects");
    check(follower.drain().has_value(), "a snapshot arrives");
    keep(follower);
    for (int i = 0; i < 8; ++i) {
      server.add(i % 2 == 0 ? "a" : "b" + std::to_string(i), 1);
      server.run();
      while (*follower.step()) keep(follower);
    }
  }
  void keep(const ToyFollower& follower) {
    honest.emplace(follower.core.position()->revision, *follower.projection.read());
    positions.emplace(follower.core.position()->revision, *follower.core.position());
  }

  ToyServer server;
  Disk disk = make_disk();
  std::map<Revision, test::ToyState> honest;
  std::map<Revision, Position> positions;
};

TEST_CASE("G5: a follower starts from its cache with the state and position that it had") {
  Filled filled;
  ToyFollower again("f1", filled.disk);
  REQUIRE(again.core.load_cache());
  CHECK(*again.projection.read() == *filled.server.core.projection().read());
  CHECK(again.core.position() == filled.server.core.position());
  CHECK(again.core.status(0).phase == FollowerPhase::stale);

  filled.server.add("z", 1);
  filled.server.run();
  REQUIRE(again.connect(filled.server));
  REQUIRE(again.drain());
  CHECK(again.count<SnapshotPart>() == 0);
  CHECK(again.value("z") == 1);
  ToyFollower third("f1", filled.disk);
  REQUIRE(third.core.load_cache());
  CHECK(third.value("z") == 1);
}

TEST_CASE("the cache holds the snapshot byte for byte as it was sent") {
  Filled filled;
  FollowerCache cache(std::make_unique<test::MemoryFile>(filled.disk), "toy 1");
  const auto cached = cache.load();
  REQUIRE(cached);
  ToyServer fresh(filled.server.store);
  REQUIRE(fresh.start());
  CHECK(cached->snapshot.size() == 3);
  CHECK(decode_snapshot_header(cached->snapshot[0])->position.revision == 1);
  const auto entries = filled.server.journal->read(1, 100, 1 << 20);
  REQUIRE(cached->commits.size() == entries->size());
  for (std::size_t i = 0; i < entries->size(); ++i)
    CHECK(*cached->commits[i].bytes == (*entries)[i].commit);
}

TEST_CASE("a flipped bit anywhere in the cache never shows a state that was not") {
  const Filled filled;
  const Bytes good = **filled.disk;
  std::size_t thrown_away = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    const Disk disk = make_disk();
    *disk = good;
    (**disk)[at] = static_cast<char>((**disk)[at] ^ (1 << (at % 8)));
    ToyFollower follower("f1", disk);
    if (!follower.core.load_cache()) {
      ++thrown_away;
      CHECK_FALSE(follower.core.position());
      CHECK(follower.core.hello().position == std::nullopt);
      CHECK_FALSE(disk->has_value());
      continue;
    }
    const Revision revision = follower.core.position()->revision;
    INFO("octet " << at);
    REQUIRE(filled.positions.contains(revision));
    CHECK(follower.core.position() == filled.positions.at(revision));
    CHECK(*follower.projection.read() == filled.honest.at(revision));
  }
  CHECK(thrown_away > good.size() / 2);
}

TEST_CASE("a cache that a crash cut off anywhere keeps its whole records and goes on from there") {
  Filled filled;
  const Bytes good = **filled.disk;
  std::size_t kept = 0;
  for (std::size_t length = 0; length < good.size(); ++length) {
    const Disk disk = make_disk();
    *disk = good.substr(0, length);
    ToyFollower follower("f1", disk);
    if (!follower.core.load_cache()) continue;
    ++kept;
    const Revision revision = follower.core.position()->revision;
    CHECK(*follower.projection.read() == filled.honest.at(revision));
    REQUIRE(follower.connect(filled.server));
    REQUIRE(follower.drain());
    ToyFollower again("f1", disk);
    REQUIRE(again.core.load_cache());
    CHECK(*again.projection.read() == *filled.server.core.projection().read());
  }
  CHECK(kept > 100);
}

TEST_CASE("a cache of another kind or format is thrown away") {
  Filled filled;
  FollowerCache other(std::make_unique<test::MemoryFile>(filled.disk), "toy 2");
  CHECK(other.load().error().code == Code::data_loss);
  CHECK_FALSE(filled.disk->has_value());
  CHECK(other.load().error().code == Code::not_found);
}

TEST_CASE("a cache whose tail outgrows its snapshot is rewritten and stays small") {
  Filled filled(300);
  ToyFollower follower("f1", filled.disk, {}, 300);
  REQUIRE(follower.core.load_cache());
  REQUIRE(follower.connect(filled.server));
  std::size_t largest = 0;
  for (int i = 0; i < 300; ++i) {
    filled.server.add("a", 1);
    filled.server.run();
    REQUIRE(follower.drain());
    largest = std::max(largest, (**filled.disk).size());
  }
  CHECK(largest < 3'000);
  ToyFollower again("f1", filled.disk);
  REQUIRE(again.core.load_cache());
  CHECK(*again.projection.read() == *filled.server.core.projection().read());
  CHECK(again.core.position() == filled.server.core.position());
}

// The toy state without the means to write itself down.
class ReadOnlyState {
 public:
  using Event = test::ToyEvent;
  using Snapshot = test::ToySnapshot;
  void apply(const Commit<Event>& commit) { state_.apply(commit); }
  void restore(const Snapshot& snapshot) { state_.restore(snapshot); }
  Revision revision() const { return state_.revision(); }
  std::uint64_t digest() const { return state_.digest(); }
  bool operator==(const ReadOnlyState&) const = default;

 private:
  test::ToyState state_;
};

TEST_CASE("a follower that cannot write its state down asks for a new snapshot instead") {
  ToyServer server;
  REQUIRE(server.start());
  const Disk disk = make_disk();
  Projection<ReadOnlyState> projection;
  FollowerCore<ReadOnlyState, test::ToyCodec> core(
      {"toy", "f1", 1}, projection,
      std::make_unique<FollowerCache>(std::make_unique<test::MemoryFile>(disk), "toy 1", 200));
  int connections = 0;
  std::unique_ptr<FeedSession> session;
  for (int i = 0; i < 100; ++i) {
    server.add("a", 1);
    server.run();
    for (;;) {
      if (!session) {
        session = std::move(*server.hub.open(core.hello(), 0));
        ++connections;
      }
      const auto message = session->next(0);
      REQUIRE(message);
      if (!*message) break;
      if (!core.on_message(**message, 0)) session.reset();
    }
  }
  CHECK(projection.revision() == 100);
  CHECK(connections > 5);
  CHECK((**disk).size() < 2'000);
}

// A disk that takes nothing.
class FullFile final : public CacheFile {
 public:
  Result<Bytes> read() override { return fail(Code::not_found, "no such file"); }
  Status replace(BytesView) override { return fail(Code::unavailable, "no space left"); }
  Status append(BytesView) override { return fail(Code::unavailable, "no space left"); }
  void remove() override {}
};

TEST_CASE("a follower whose cache cannot be written follows all the same and says so") {
  ToyServer server;
  REQUIRE(server.start());
  Projection<test::ToyState> projection;
  FollowerCore<test::ToyState, test::ToyCodec> core(
      {"toy", "f1", 1}, projection,
      std::make_unique<FollowerCache>(std::make_unique<FullFile>(), "toy 1"));
  auto session = std::move(*server.hub.open(core.hello(), 0));
  server.add("a", 1);
  server.run();
  for (auto message = session->next(0); *message; message = session->next(0))
    REQUIRE(core.on_message(**message, 0));
  CHECK(projection.revision() == 1);
  CHECK(core.status(0).warning.find("no space left") != std::string::npos);
}

}  // namespace
}  // namespace millrace
