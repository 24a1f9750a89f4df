#include "statekit/projection.hpp"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/toy.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::ToyEvent;
using test::ToyState;

// Both counters move together in each commit, so that a reader can tell a half one.
Commit<ToyEvent> pair_commit(Revision revision) {
  const auto value = static_cast<std::int64_t>(revision);
  return {{revision, 0, "", ""}, {{"left", value}, {"right", value}}};
}

TEST_CASE("G2: readers see each commit whole while a writer applies many") {
  Projection<ToyState> projection;
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> backwards{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      Revision last = 0;
      while (!done) {
        std::this_thread::yield();  // before the guard, never with it: the writer waits for it
        const Revision promised = projection.revision();
        const auto state = projection.read();
        const auto value = static_cast<std::int64_t>(state->revision());
        if (state->value("left") != value || state->value("right") != value) ++torn;
        if (state->revision() < last || state->revision() < promised) ++backwards;
        last = state->revision();
      }
    });
  for (Revision revision = 1; revision <= 1'000; ++revision)
    projection.apply(pair_commit(revision));
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);
  CHECK(projection.revision() == 1'000);
}

TEST_CASE("G2: what a reader holds stays as it is until the reader lets go") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  std::atomic<bool> applied{false};
  auto held = std::make_optional(projection.read());
  std::thread writer([&] {
    projection.apply(pair_commit(2));
    applied = true;
  });
  REQUIRE(test::eventually([&] { return projection.revision() == 2; }));
  CHECK(projection.read()->value("left") == 2);  // nobody waits for the reader but the writer
  CHECK_FALSE(test::eventually([&] { return applied.load(); }, std::chrono::milliseconds(50)));
  CHECK((*held)->revision() == 1);
  CHECK((*held)->value("right") == 1);
  held.reset();
  writer.join();
  CHECK(applied);
}

TEST_CASE("both copies of a projection hold the same after each change") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  const ToyState first = *projection.read();
  projection.apply(pair_commit(2));
  const ToyState second = *projection.read();
  projection.apply(pair_commit(3));
  CHECK(first.value("left") == 1);
  CHECK(second.value("left") == 2);
  CHECK(projection.read()->value("right") == 3);
  ToyState folded;
  for (Revision revision = 1; revision <= 3; ++revision) folded.apply(pair_commit(revision));
  CHECK(*projection.read() == folded);
}

TEST_CASE("G1: what is drafted is seen by nobody until it is shown") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  const std::vector<Commit<ToyEvent>> drafts = {pair_commit(2), pair_commit(3)};
  for (const auto& each : drafts) projection.draft(each);
  CHECK(projection.drafted().value("left") == 3);
  CHECK(projection.revision() == 1);
  CHECK(projection.read()->value("left") == 1);
  projection.show();
  CHECK(projection.revision() == 3);
  CHECK(projection.read()->value("left") == 3);
  projection.follow(drafts);
  CHECK(projection.drafted() == *projection.read());
  projection.apply(pair_commit(4));
  CHECK(projection.drafted() == *projection.read());
}

TEST_CASE("G1: a draft that is dropped leaves nothing behind in either copy") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  projection.draft(pair_commit(2));
  projection.draft({{3, 0, "", ""}, {{"more", 7}}});
  projection.discard();
  for (Revision revision = 2; revision <= 3; ++revision) {
    projection.apply(pair_commit(revision));
    CHECK(projection.read()->value("more") == 0);
    CHECK(projection.drafted() == *projection.read());
  }
}

TEST_CASE("G2: a shown draft reaches the other copy only when its last reader has gone") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  auto held = std::make_optional(projection.read());
  const std::vector<Commit<ToyEvent>> drafts = {pair_commit(2)};
  projection.draft(drafts[0]);
  projection.show();  // waits for nobody
  CHECK(projection.read()->value("left") == 2);
  CHECK((*held)->value("left") == 1);
  std::atomic<bool> followed{false};
  std::thread writer([&] {
    projection.follow(drafts);
    followed = true;
  });
  CHECK_FALSE(test::eventually([&] { return followed.load(); }, std::chrono::milliseconds(50)));
  CHECK((*held)->value("left") == 1);
  held.reset();
  writer.join();
  CHECK(projection.drafted().value("left") == 2);
}

TEST_CASE("a restored projection holds the snapshot and goes on from its revision") {
  Projection<ToyState> projection;
  projection.apply(pair_commit(1));
  projection.restore({41, {{"left", 41}}, {}});
  CHECK(projection.revision() == 41);
  projection.apply(pair_commit(42));
  CHECK(projection.read()->value("right") == 42);
}

TEST_CASE("waiting for a revision ends when it is there, at the deadline, or at close") {
  Projection<ToyState> projection;
  CHECK_FALSE(projection.wait_for(1, 0));
  std::thread writer([&] { projection.apply(pair_commit(1)); });
  CHECK(projection.wait_for(1, 20'000));
  writer.join();
  std::thread closer([&] { projection.close(); });
  CHECK_FALSE(projection.wait_for(2, 20'000));
  closer.join();
}

TEST_CASE("a callback for a revision is called once, unless it is forgotten") {
  Projection<ToyState> projection;
  int reached = 0;
  int ended = 0;
  const auto note = [&](bool there) { ++(there ? reached : ended); };
  projection.when(0, note);
  CHECK(reached == 1);
  projection.when(1, note);
  const std::uint64_t forgotten = projection.when(1, note);
  CHECK(projection.forget(forgotten));
  CHECK_FALSE(projection.forget(forgotten));
  projection.apply(pair_commit(1));
  CHECK(reached == 2);
  projection.when(5, note);
  projection.close();
  CHECK(ended == 1);
  projection.when(6, note);
  CHECK(ended == 2);
}

}  // namespace
}  // namespace millrace
