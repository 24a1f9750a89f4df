// What a machine does when its journal does not simply say yes.
#include "support/catch.hpp"
#include "support/passing_journal.hpp"
#include "support/toy_machine.hpp"

namespace millrace {
namespace {

using namespace statekit;
using journal::AppendFault;
using test::code_of;
using test::revision_of;
using test::ToyReplica;

TEST_CASE("after a failed append the draft is dropped and what the journal holds is decided on") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.add("a", 1);
  replica.run();
  replica.faults->next(AppendFault::disk_full);
  const auto lost = replica.add("a", 10);
  const auto refused = replica.add("a", -5);  // decided against what was never written
  replica.core.step(0);
  CHECK(code_of(lost) == Code::unavailable);
  CHECK(code_of(refused) == Code::unavailable);
  replica.run();
  CHECK(replica.core.stats().rebuilds == 1);
  const auto after = replica.add("a", -1);
  replica.run();
  CHECK(revision_of(after) == 2);
  CHECK(replica.value("a") == 0);
  CHECK(test::folded(replica.store) == *replica.core.projection().read());
}

TEST_CASE("while it cannot rebuild a machine says so, refuses commands and keeps its state") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.add("a", 1);
  replica.run();
  replica.faults->set_unavailable(true);
  replica.add("a", 1);
  replica.run(5);
  CHECK(replica.core.health().error().code == Code::unavailable);
  CHECK(code_of(replica.add("a", 1)) == Code::unavailable);
  CHECK(replica.value("a") == 1);
  CHECK(replica.core.step(0).wait_ms > 0);
  replica.faults->set_unavailable(false);
  replica.run();
  CHECK(replica.core.health());
  CHECK(replica.revision() == 1);
}

TEST_CASE("an unknown append that was not written is written by the same bytes, once") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.faults->next(AppendFault::before_write);
  const auto held = replica.add("a", 1);
  replica.core.step(0);
  CHECK_FALSE(held->has_value());
  CHECK(code_of(replica.add("a", 1)) == Code::unavailable);
  replica.run();
  CHECK(revision_of(held) == 1);
  CHECK(test::folded(replica.store).value("a") == 1);
  CHECK(replica.core.health());
}

TEST_CASE("an unknown append that was written is recognised by its entry") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.faults->next(AppendFault::after_write);
  const auto held = replica.add("a", 1);
  const auto second = replica.add("b", 1);
  replica.run();
  CHECK(revision_of(held) == 1);
  CHECK(revision_of(second) == 2);
  CHECK(replica.core.stats().unknowns == 1);
  CHECK(test::folded(replica.store) == *replica.core.projection().read());
}

TEST_CASE("an unknown append that another replica's commit made impossible is decided again") {
  auto store = journal::make_memory_store();
  ToyReplica replica(store);
  REQUIRE(replica.start());
  ToyReplica other(store);
  REQUIRE(other.start());
  replica.faults->next(AppendFault::before_write);
  const auto held = replica.add("a", 1);
  replica.core.step(0);
  other.add("b", 7);
  other.run();
  replica.run();
  CHECK(revision_of(held) == 2);
  CHECK(replica.value("b") == 7);
  CHECK(test::folded(store).value("a") == 1);
}

TEST_CASE("G4: an unknown append is not taken for another's that begins with the same commit") {
  auto store = journal::make_memory_store();
  ToyReplica replica(store);
  REQUIRE(replica.start());
  ToyReplica other(store);
  REQUIRE(other.start());
  replica.faults->next(AppendFault::before_write);
  replica.add("a", 1);
  const auto held = replica.add("b", 1);
  replica.core.step(0);
  other.add("a", 1);
  SECTION("and ends there") {}
  SECTION("and goes on otherwise") { other.add("c", 7); }
  other.run();
  replica.run();
  CHECK(code_of(held) == Code::ok);
  CHECK(replica.core.health());
  CHECK(replica.value("a") == 2);  // this one's came later
  CHECK(test::folded(store) == *replica.core.projection().read());
}

TEST_CASE("an unknown append that lands late and fits is applied once") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.faults->next(AppendFault::late_write);
  const auto held = replica.add("a", 1);
  replica.run();
  CHECK(revision_of(held) == 1);
  CHECK(replica.value("a") == 1);
  CHECK(replica.journal->head()->last == 1);
}

TEST_CASE("a caller whose deadline passes while an append is unsettled is told unknown") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.faults->next(AppendFault::before_write, 3);
  const auto impatient = replica.submit({"a", 1, 1}, {}, 50);
  const auto patient = replica.submit({"a", 1, 1}, {}, 1'000);
  replica.core.step(0);
  replica.core.step(49);
  CHECK_FALSE(impatient->has_value());
  replica.core.step(50);
  CHECK(code_of(impatient) == Code::unknown);
  CHECK_FALSE(patient->has_value());
  replica.run(5, 51);
  CHECK(revision_of(patient) == 2);
  CHECK(replica.value("a") == 2);
}

TEST_CASE("a conflict is decided again against what the other replica wrote") {
  auto store = journal::make_memory_store();
  ToyReplica one(store);
  ToyReplica two(store);
  REQUIRE(one.start());
  REQUIRE(two.start());
  one.add("a", 5);
  one.run();
  const auto first = two.add("b", 1);
  const auto spent = two.add("a", -5);
  const auto refused = two.add("a", -1);
  two.run();
  CHECK(revision_of(first) == 2);
  CHECK(revision_of(spent) == 3);
  CHECK(code_of(refused) == Code::failed_precondition);
  CHECK(two.core.stats().conflicts == 1);
  CHECK(two.core.stats().rebuilds == 0);
  CHECK(two.value("a") == 0);
  CHECK(two.broadcast.head().revision == 3);
}

TEST_CASE("a conflict that never ends is given up after 16 retries") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.faults->next(AppendFault::conflict, 1'000);
  const auto answer = replica.add("a", 1);
  int steps = 0;
  while (!answer->has_value() && steps < 100) {
    replica.core.step(0);
    ++steps;
  }
  CHECK(code_of(answer) == Code::aborted);
  CHECK(steps == 17);
}

TEST_CASE("an idle machine finds what another replica wrote when it looks at the head") {
  auto store = journal::make_memory_store();
  ToyReplica one(store);
  ToyReplica two(store);
  REQUIRE(one.start());
  REQUIRE(two.start());
  one.add("a", 5);
  one.run();
  two.run();
  CHECK(two.revision() == 0);
  two.core.look_at_head();
  two.run();
  CHECK(two.value("a") == 5);
}

TEST_CASE("a replica far behind a compacted journal starts over from its snapshot") {
  auto store = journal::make_memory_store();
  ToyReplica one(store);
  ToyReplica two(store);
  REQUIRE(one.start());
  REQUIRE(two.start());
  for (int i = 0; i < 20; ++i) one.add("a", 1);
  one.run();
  REQUIRE(one.core.save_snapshot());
  one.add("a", 1);
  one.run();
  REQUIRE(one.journal->compact(20));
  two.core.look_at_head();
  two.run();
  CHECK(two.value("a") == 21);
  CHECK(two.broadcast.head() == one.broadcast.head());
}

std::unique_ptr<Journal> journal_with(const std::vector<std::int64_t>& adds,
                                      const Incarnation& incarnation) {
  ToyReplica writer;
  check(writer.core.start({incarnation, true}).has_value(), "a fresh store opens");
  for (const std::int64_t add : adds) writer.add("a", add);
  writer.run();
  auto journal = journal::make_memory_journal(writer.store);
  return journal;
}

TEST_CASE("a journal that was rewound stops the machine, which keeps serving what it has") {
  test::PassingJournal
      journal;  // shows another store from some moment on, as a restored backup would
  journal.now = journal_with({1, 2, 3}, test::incarnation_a);
  Broadcast broadcast;
  test::ToyCore core(journal, broadcast);
  std::unique_ptr<Journal> replacement;
  SECTION("its head went back") { replacement = journal_with({1, 2}, test::incarnation_a); }
  SECTION("another digest at a known revision") {
    replacement = journal_with({1, 2, 4}, test::incarnation_a);
  }
  SECTION("another digest at a known revision, further on") {
    replacement = journal_with({1, 2, 4, 5}, test::incarnation_a);
  }
  SECTION("another incarnation") { replacement = journal_with({1, 2, 3}, test::incarnation_b); }
  REQUIRE(core.start({test::incarnation_a, true}));
  journal.now = std::move(replacement);
  REQUIRE(journal.now->open({test::incarnation_a, false}));
  core.look_at_head();
  core.step(0);
  REQUIRE_FALSE(core.health());
  CHECK(core.health().error().code == Code::failed_precondition);
  CHECK(core.health().error().message.find("journal rewound") != std::string::npos);
  CHECK(core.projection().read()->value("a") == 6);
  Code answered = Code::ok;
  core.submit({"a", 1, 1}, {}, 1'000,
              [&](Result<Committed> result) { answered = result.error().code; });
  CHECK(answered == Code::failed_precondition);
}

TEST_CASE("an event of an unknown kind stops a machine just before it") {
  auto store = journal::make_memory_store();
  ToyReplica replica(store);
  REQUIRE(replica.start());
  replica.add("a", 1);
  replica.run();
  ToyReplica newer(store);
  REQUIRE(newer.start());
  newer.submit({"new-kind", 1, 1});
  newer.core.step(0);

  SECTION("met while running") {
    replica.core.look_at_head();
    replica.run();
    CHECK(replica.revision() == 1);
    CHECK_FALSE(replica.core.health());
    CHECK(code_of(replica.add("a", 1)) == Code::failed_precondition);
  }
  SECTION("met at a start") {
    ToyReplica again(store);
    REQUIRE(again.start());
    CHECK(again.value("a") == 1);
    CHECK_FALSE(again.core.health());
    CHECK(code_of(again.add("a", 1)) == Code::failed_precondition);
    CHECK(again.journal->head()->last == 2);
  }
}

TEST_CASE("a snapshot that cannot be saved is noted and hinders nothing") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.add("a", 1);
  replica.run();
  replica.faults->set_disk_full(true);
  CHECK(replica.core.save_snapshot().error().code == Code::unavailable);
  CHECK(replica.notes.back().starts_with("machine.snapshot-failed"));
  replica.faults->set_disk_full(false);
  const auto next = replica.add("a", 1);
  replica.run();
  CHECK(code_of(next) == Code::ok);
}

}  // namespace
}  // namespace millrace
