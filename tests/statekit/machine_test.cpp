// The thread around a MachineCore.
#include "statekit/machine.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"
#include "support/toy_machine.hpp"

namespace millrace {
namespace {

using namespace statekit;
using journal::AppendFault;
using ToyMachine = Machine<test::ToyModel>;

struct Rig {
  explicit Rig(MachineLimits limits = {}) : machine(*journal, broadcast, clock, limits) {
    REQUIRE(machine.start({test::incarnation_a, true}));
  }
  std::shared_ptr<journal::MemoryStore> store = journal::make_memory_store();
  std::shared_ptr<journal::Faults> faults = std::make_shared<journal::Faults>();
  std::unique_ptr<Journal> journal = journal::make_memory_journal(store, faults);
  Broadcast broadcast;
  test::ManualClock clock;
  ToyMachine machine;
};

TEST_CASE("many callers at once each get a revision of their own, and nothing is lost") {
  Rig rig;
  std::vector<std::thread> callers;
  std::atomic<std::uint64_t> sum{0};
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int n = 0; n < 100; ++n) {
        const auto answer = rig.machine.call({"a", 1, 1}, {}, 20'000);
        if (answer) sum += answer->revision;
        if (answer) check(rig.machine.read()->revision() >= answer->revision, "reads its write");
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 400 * 401 / 2);
  CHECK(rig.machine.read()->value("a") == 400);
  CHECK(test::folded(rig.store).value("a") == 400);
}

TEST_CASE("commands that come while an append is slow are written together in the next") {
  Rig rig;
  std::atomic<bool> hold{true};
  std::atomic<bool> entered{false};
  rig.faults->slow([&] {
    entered = true;
    while (hold) std::this_thread::yield();
  });
  std::atomic<int> answered{0};
  const auto submit = [&] {
    rig.machine.submit({"a", 1, 1}, {}, 20'000, [&](const Result<Committed>& result) {
      if (result) ++answered;
    });
  };
  submit();
  REQUIRE(test::eventually([&] { return entered.load(); }));
  for (int i = 0; i < 50; ++i) submit();
  hold = false;
  REQUIRE(test::eventually([&] { return answered == 51; }));
  CHECK(rig.machine.stats().groups == 2);
}

TEST_CASE("G8: a machine's queue is bounded and a full one is an answer") {
  MachineLimits limits;
  limits.queue_max = 5;
  Rig rig(limits);
  std::atomic<bool> hold{true};
  std::atomic<bool> entered{false};
  rig.faults->slow([&] {
    entered = true;
    while (hold) std::this_thread::yield();
  });
  std::atomic<int> committed{0};
  std::atomic<int> refused{0};
  const auto submit = [&] {
    rig.machine.submit({"a", 1, 1}, {}, 20'000, [&](const Result<Committed>& result) {
      if (result) ++committed;
      if (!result && result.error().code == Code::resource_exhausted) ++refused;
    });
  };
  submit();
  REQUIRE(test::eventually([&] { return entered.load(); }));
  for (int i = 0; i < 8; ++i) submit();
  CHECK(refused == 3);
  hold = false;
  CHECK(test::eventually([&] { return committed == 6; }));
}

TEST_CASE("stopping finishes what was taken, refuses the rest and writes a snapshot") {
  Rig rig;
  std::atomic<int> committed{0};
  for (int i = 0; i < 20; ++i)
    rig.machine.submit({"a", 1, 1}, {}, 20'000, [&](const Result<Committed>& result) {
      if (result) ++committed;
    });
  rig.machine.stop();
  CHECK(committed == 20);
  CHECK(rig.machine.call({"a", 1, 1}, {}, 1'000).error().code == Code::unavailable);
  CHECK((*rig.journal->load_snapshot(1'000))->revision() == 20);
}

TEST_CASE("stopping while an append is unsettled ends, and tells its callers unknown") {
  Rig rig;
  rig.faults->next(AppendFault::before_write, 1'000'000);
  std::atomic<int> unknown{0};
  rig.machine.submit({"a", 1, 1}, {}, 20'000, [&](const Result<Committed>& result) {
    if (!result && result.error().code == Code::unknown) ++unknown;
  });
  REQUIRE(test::eventually([&] { return rig.machine.stats().unknowns == 1; }));
  rig.machine.stop();
  CHECK(unknown == 1);
}

TEST_CASE("a nudged machine reads what another replica wrote") {
  Rig rig;
  test::ToyReplica other(rig.store);
  REQUIRE(other.start());
  other.add("b", 3);
  other.run();
  rig.machine.nudge();
  CHECK(test::eventually([&] { return rig.machine.read()->value("b") == 3; }));
}

}  // namespace
}  // namespace millrace
