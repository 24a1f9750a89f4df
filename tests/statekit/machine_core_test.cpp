// What a machine does while its journal simply says yes.
#include "support/catch.hpp"
#include "support/toy_machine.hpp"

namespace millrace {
namespace {

using namespace statekit;
using test::code_of;
using test::revision_of;
using test::ToyReplica;

TEST_CASE("a command becomes a commit that is durable, published and answered with its revision") {
  ToyReplica replica;
  REQUIRE(replica.start());
  const auto answer = replica.submit({"a", 5, 1}, {"ada", "because", 1'234, "", {}});
  CHECK_FALSE(answer->has_value());
  replica.run();
  REQUIRE(code_of(answer) == Code::ok);
  CHECK(**answer == Committed{1, 1'234, false});
  CHECK(replica.value("a") == 5);
  CHECK(test::folded(replica.store) == *replica.core.projection().read());
  CHECK(replica.broadcast.head() == replica.core.position());
  CHECK(replica.journal->head()->digest == replica.core.position().digest);
}

TEST_CASE("commands are decided in order, each against all that came before") {
  ToyReplica replica;
  REQUIRE(replica.start());
  const auto first = replica.add("a", 3);
  const auto second = replica.add("a", -3);
  const auto third = replica.add("a", -1);
  replica.run();
  CHECK(revision_of(first) == 1);
  CHECK(revision_of(second) == 2);
  CHECK(code_of(third) == Code::failed_precondition);
  CHECK(replica.value("a") == 0);
}

TEST_CASE("many waiting commands are written in one append") {
  ToyReplica replica;
  REQUIRE(replica.start());
  for (int i = 0; i < 50; ++i) replica.add("a", 1);
  replica.run();
  CHECK(replica.revision() == 50);
  CHECK(replica.core.stats().commits == 50);
  CHECK(replica.core.stats().groups == 1);
}

TEST_CASE("a group keeps to the limits of an append in entries and bytes") {
  MachineLimits limits;
  limits.group_entries_max = 4;
  limits.group_bytes_max = 300;
  ToyReplica replica(nullptr, limits);
  std::size_t entries_most = 0;
  std::size_t bytes_most = 0;
  replica.faults->choose([&](Revision, std::span<const Entry> entries) {
    std::size_t bytes = 0;
    for (const Entry& entry : entries) bytes += entry.commit.size();
    entries_most = std::max(entries_most, entries.size());
    bytes_most = std::max(bytes_most, bytes);
    return journal::AppendFault::none;
  });
  REQUIRE(replica.start());
  for (int i = 0; i < 10; ++i) replica.submit({"a", 1, 1});
  for (int i = 0; i < 10; ++i) replica.submit({"a", 1, 15});
  replica.run();
  CHECK(replica.value("a") == 20);
  CHECK(entries_most == 4);
  CHECK(bytes_most <= 300);
  CHECK(bytes_most > 150);
}

TEST_CASE("a commit over the limit of an entry is refused and leaves no trace") {
  ToyReplica replica;
  REQUIRE(replica.start());
  const auto large = replica.submit({std::string(100'000, 'n'), 1, 12});
  const auto small = replica.add("a", 1);
  replica.run();
  CHECK(code_of(large) == Code::resource_exhausted);
  CHECK(revision_of(small) == 1);
  CHECK(test::folded(replica.store).counters().size() == 1);
}

TEST_CASE("a command that changes nothing appends nothing and answers with the state's revision") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.add("a", 1);
  const auto nothing = replica.add("a", 0);
  replica.run();
  CHECK(revision_of(nothing) == 1);
  CHECK(replica.revision() == 1);
}

TEST_CASE("the same token is answered with the first commit, in one group and in later ones") {
  ToyReplica replica;
  REQUIRE(replica.start());
  const CommandMeta meta{"ada", "", 0, "t1", {}};
  const auto first = replica.submit({"a", 1, 1}, meta);
  const auto twin = replica.submit({"a", 1, 1}, meta);
  replica.run();
  const auto later = replica.submit({"a", 1, 1}, meta);
  replica.run();
  CHECK(**first == Committed{1, 0, false});
  CHECK(**twin == Committed{1, 0, true});
  CHECK(**later == Committed{1, 0, true});
  CHECK(replica.value("a") == 1);
}

TEST_CASE("a commit's time never goes back, also over a restart from a snapshot") {
  auto store = journal::make_memory_store();
  {
    ToyReplica replica(store);
    REQUIRE(replica.start());
    replica.submit({"a", 1, 1}, {"", "", 5'000, "", {}});
    const auto earlier = replica.submit({"a", 1, 1}, {"", "", 4'000, "", {}});
    replica.run();
    CHECK((**earlier)->time_ms == 5'000);
    replica.core.finish();
  }
  ToyReplica replica(store);
  REQUIRE(replica.start());
  const auto next = replica.submit({"a", 1, 1}, {"", "", 3'000, "", {}});
  replica.run();
  CHECK((**next)->time_ms == 5'000);
}

TEST_CASE("G8: a full queue refuses the next command and takes one again later") {
  MachineLimits limits;
  limits.queue_max = 3;
  ToyReplica replica(nullptr, limits);
  REQUIRE(replica.start());
  for (int i = 0; i < 3; ++i) replica.add("a", 1);
  const auto refused = replica.add("a", 1);
  CHECK(code_of(refused) == Code::resource_exhausted);
  replica.run();
  const auto taken = replica.add("a", 1);
  replica.run();
  CHECK(revision_of(taken) == 4);
}

TEST_CASE("a command whose deadline passed while it waited is not decided") {
  ToyReplica replica;
  REQUIRE(replica.start());
  const auto late = replica.submit({"a", 1, 1}, {}, 100);
  const auto timely = replica.submit({"a", 10, 1}, {}, 101);
  replica.run(10, 100);
  CHECK(code_of(late) == Code::deadline_exceeded);
  CHECK(code_of(timely) == Code::ok);
  CHECK(replica.value("a") == 10);
}

TEST_CASE(
    "snapshots are written each so many commits and at shutdown, and a start reads the last") {
  MachineLimits limits;
  limits.snapshot_interval = 10;
  limits.group_entries_max = 1;
  auto store = journal::make_memory_store();
  ToyReplica replica(store, limits);
  REQUIRE(replica.start());
  for (int i = 0; i < 25; ++i) replica.add("a", 1);
  replica.run();
  CHECK((*replica.journal->load_snapshot(1'000))->revision() == 20);
  CHECK((*replica.journal->load_snapshot(19))->revision() == 10);
  replica.core.finish();
  CHECK((*replica.journal->load_snapshot(1'000))->revision() == 25);
  REQUIRE(replica.journal->compact(20));

  ToyReplica again(store, limits);
  REQUIRE(again.start());
  CHECK(again.revision() == 25);
  CHECK(*again.core.projection().read() == *replica.core.projection().read());
  CHECK(again.core.position() == replica.core.position());
  again.add("a", 1);
  again.run();
  CHECK(again.value("a") == 26);
}

TEST_CASE("a large state is not written anew before as much was written as it holds") {
  MachineLimits limits;
  limits.snapshot_interval = 10;
  limits.group_entries_max = 1;
  ToyReplica replica(nullptr, limits);
  REQUIRE(replica.start());
  for (int i = 0; i < 1'000; ++i) replica.add("counter" + std::to_string(i), 1);
  replica.run(1'100);
  REQUIRE(replica.revision() == 1'000);
  const auto grown = replica.core.stats().snapshots;
  CHECK(grown > 10);
  CHECK(grown < 50);  // of 100 intervals
  const Revision last = (*replica.journal->load_snapshot(1'000))->revision();
  // While little is written, the commits that a start has to read are bounded all the same.
  for (int i = 0; i < 100; ++i) replica.add("a", 1);
  replica.run(200);
  CHECK((*replica.journal->load_snapshot(2'000))->revision() > last);
}

TEST_CASE("a start folds the snapshot's tail, and followers can read that tail") {
  auto store = journal::make_memory_store();
  ToyReplica replica(store);
  REQUIRE(replica.start());
  replica.add("a", 1);
  replica.run();
  REQUIRE(replica.core.save_snapshot());
  replica.add("b", 2);
  replica.run();
  ToyReplica again(store);
  REQUIRE(again.start());
  CHECK(again.value("b") == 2);
  CHECK(again.broadcast.read_after(0, 10, 1'000).fell_out);
  CHECK(again.broadcast.read_after(1, 10, 1'000).commits.size() == 1);
}

TEST_CASE("the published state's snapshot parts name its position and decode to it") {
  ToyReplica replica;
  REQUIRE(replica.start());
  replica.submit({"a", 1, 1}, {"", "", 77, "", {}});
  replica.run();
  const auto parts = replica.core.snapshot_parts();
  REQUIRE(parts);
  CHECK(parts->position == replica.core.position());
  std::vector<Bytes> bytes;
  for (const auto& part : parts->parts) bytes.push_back(*part);
  const auto decoded = decode_snapshot_parts<test::ToyCodec>(bytes);
  REQUIRE(decoded);
  CHECK(decoded->snapshot == replica.core.projection().read()->snapshot());
  CHECK(decoded->header.time_ms == 77);
}

}  // namespace
}  // namespace millrace
