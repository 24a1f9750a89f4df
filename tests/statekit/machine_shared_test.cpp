// A machine on a journal that others append to as well: what it asks the journal, and what it must.
#include <atomic>

#include "journal/memory.hpp"
#include "statekit/machine.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"
#include "support/passing_journal.hpp"
#include "support/toy_machine.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::code_of;
using test::revision_of;
using test::ToyReplica;

MachineLimits shared() {
  MachineLimits limits;
  limits.shared = true;
  limits.poll_ms = 3'600'000;  // no look of its own accord
  return limits;
}

class CountedHeads final : public test::PassingJournal {
 public:
  using test::PassingJournal::PassingJournal;
  JournalResult<Head> head() override {
    ++heads;
    return now->head();
  }
  std::atomic<int> heads = 0;
};

// The machine beside a replica that writes into the same store.
struct Rig {
  Rig() {
    REQUIRE(machine.start({test::incarnation_a, true}));
    journal.heads = 0;
    REQUIRE(other.start());
  }
  Result<Committed> add(std::int64_t amount) { return machine.call({"a", amount, 1}, {}, 20'000); }

  std::shared_ptr<journal::MemoryStore> store = journal::make_memory_store();
  CountedHeads journal{journal::make_memory_journal(store)};
  Broadcast broadcast;
  test::ManualClock clock;
  Machine<test::ToyModel> machine{journal, broadcast, clock, shared()};
  ToyReplica other{store};
};

TEST_CASE("a write to a shared journal asks it for nothing but the append") {
  Rig rig;
  for (int i = 0; i < 10; ++i) REQUIRE(rig.add(1));
  CHECK(rig.journal.heads == 0);
}

TEST_CASE("G1: what is answered without a write is first decided on the head of a shared journal") {
  Rig rig;
  REQUIRE(rig.add(1));
  rig.other.core.look_at_head();
  rig.other.add("a", 5);
  rig.other.run();
  REQUIRE(rig.other.revision() == 2);
  const auto taken = rig.add(-6);  // of what was there before the other wrote it is too much
  REQUIRE(taken);
  CHECK(taken->revision == 3);
  CHECK(rig.add(-1).error().code == Code::failed_precondition);
  CHECK(rig.journal.heads > 0);
}

TEST_CASE("a write that another replica was faster than is decided again, and done") {
  Rig rig;
  REQUIRE(rig.add(1));
  rig.other.core.look_at_head();
  rig.other.add("a", 5);
  rig.other.run();
  const auto added = rig.add(10);
  REQUIRE(added);
  CHECK(added->revision == 3);
  CHECK(rig.machine.read()->value("a") == 16);
  CHECK(rig.machine.stats().conflicts == 1);
}

TEST_CASE("a machine that is nudged for its own write asks nothing of the journal") {
  Rig rig;
  REQUIRE(rig.add(1));
  rig.machine.nudge(1);
  REQUIRE(rig.add(1));
  CHECK(rig.journal.heads == 0);
  rig.other.core.look_at_head();
  rig.other.add("b", 3);
  rig.other.run();
  rig.machine.nudge(3);
  CHECK(test::eventually([&] { return rig.machine.read()->value("b") == 3; }));
}

}  // namespace
}  // namespace millrace
