// The laws of every state, over random histories with events about things that are there and things
// that are not.
#include <random>

#include "schema/change_codec.hpp"
#include "services/console/state.hpp"
#include "support/catch.hpp"
#include "tests/console/changes.hpp"

using namespace millrace;
using console::ConsoleState;

namespace {

class History {
 public:
  explicit History(std::uint64_t seed) : engine_(seed) {}

  schema::Commit next() {
    std::vector<schema::Event> events;
    for (std::uint64_t i = below(3); i > 0; --i) events.push_back(event());
    ++revision_;
    return test::commit(revision_, std::move(events),
                        static_cast<statekit::WallMs>(revision_ * 10));
  }
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }

 private:
  std::string deployment() { return "dpl-m" + std::to_string(below(3)) + "-" + digit(); }
  std::string changeset() { return "chs-" + digit() + digit(); }
  std::string endpoint() { return "ept-" + digit(); }
  std::string digit() { return std::to_string(below(6)); }

  schema::Event event() {
    switch (below(12)) {
      case 0:
      case 1: {
        const std::string key = deployment();
        const std::string text = "module " + key.substr(4, 2) + " { verb run(Unit) Unit }";
        auto out = test::created(changeset(), {test::deployment(key, text)});
        if (below(4) == 0) out.changeset.removed_modules = {"m" + digit()};
        return out;
      }
      case 2: return schema::ChangesetPrepared{changeset()};
      case 3: return schema::ChangesetCommitted{changeset(), {deployment()}};
      case 4: return schema::ChangesetDrained{changeset()};
      case 5: return schema::ChangesetFinalized{changeset()};
      case 6: return schema::ChangesetRollingBack{changeset(), "late"};
      case 7: return schema::ChangesetFailed{changeset(), "failed"};
      case 8: return schema::DeploymentsRemoved{{deployment()}};
      case 9: return schema::EndpointHealthChanged{endpoint(), below(2) == 0};
      case 10: return schema::EndpointRemoved{endpoint(), "left"};
      default:
        return schema::EndpointRegistered{test::endpoint(endpoint(), deployment(), "h:" + digit())};
    }
  }

  std::mt19937_64 engine_;
  statekit::Revision revision_ = 0;
};

ConsoleState restored(const ConsoleState::Snapshot& snapshot) {
  ConsoleState state;
  state.restore(snapshot);
  return state;
}

}  // namespace

TEST_CASE("folding commits equals restoring the snapshot of that fold") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    ConsoleState state;
    ConsoleState follower;  // takes over from a snapshot half way
    for (int i = 0; i < 150; ++i) {
      const schema::Commit commit = history.next();
      state.apply(commit);
      if (i == 75) follower = restored(state.snapshot());
      if (i > 75) follower.apply(commit);
      const ConsoleState copy = restored(state.snapshot());
      REQUIRE(copy.dump() == state.dump());
      REQUIRE(copy == state);
      REQUIRE(copy.digest() == state.digest());
    }
    CHECK(follower == state);
    CHECK(follower.digest() == state.digest());
  }
}

TEST_CASE("two folds of the same commits are equal, and a state differs from its past") {
  History one(7);
  History two(7);
  ConsoleState a;
  ConsoleState b;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = a.digest();
    const schema::Commit commit = one.next();
    a.apply(commit);
    b.apply(two.next());
    CHECK((commit.events.empty() ? a.digest() == before : true));
  }
  CHECK(a == b);
  CHECK(a.digest() == b.digest());
}

TEST_CASE("a snapshot that went through the codec restores the same state") {
  History history(11);
  ConsoleState state;
  for (int i = 0; i < 200; ++i) state.apply(history.next());
  const auto decoded =
      schema::ChangeCodec::decode_snapshot(schema::ChangeCodec::encode_snapshot(state.snapshot()));
  REQUIRE(decoded.has_value());
  CHECK(restored(*decoded) == state);
}
