// The etcd driver where keys hold what is whole and yet not what belongs there, where another
// program was first, and where one endpoint or watch is of no use.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "etcd/client.hpp"
#include "etcd/layout.hpp"
#include "journal/etcd.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/etcd_server.hpp"
#include "support/tcp_proxy.hpp"

namespace millrace::journal {
namespace {

using namespace statekit;
using namespace test;
using etcd::Keys;

EtcdAddress at(const std::string& workspace, const std::string& endpoints = {}) {
  const std::string all = endpoints.empty() ? shared_etcd().endpoint(0) : endpoints;
  auto address = parse_etcd_url("etcd://" + all + "/" + workspace);
  REQUIRE(address);
  return *address;
}

std::unique_ptr<Journal> opened(const EtcdAddress& address, const EtcdTuning& tuning = {}) {
  auto journal = make_etcd_journal(address, tuning);
  REQUIRE(journal->open({incarnation_a}));
  return journal;
}

std::vector<Entry> append(Journal& journal, std::size_t count, const std::string& who) {
  const auto head = journal.head();
  REQUIRE(head);
  const auto entries = entries_after(*head, count, who);
  REQUIRE(journal.append(head->last, entries, {}));
  return entries;
}

std::shared_ptr<etcd::Client> client() { return etcd::make_client(at("any"), {}).value(); }

Bytes value_of(const Bytes& key) {
  etcd::Txn txn;
  txn.ranges = {{key, {}}};
  const auto answer = client()->txn(txn, 60'000);
  REQUIRE(answer);
  REQUIRE(answer->found.front().size() == 1);
  return answer->found.front().front().value;
}

std::int64_t put(const Bytes& key, const Bytes& value) {
  etcd::Txn txn;
  txn.writes = {{key, value}};
  const auto answer = client()->txn(txn, 60'000);
  REQUIRE(answer);
  return answer->revision;
}

}  // namespace

TEST_CASE("a whole commit of another journal does not take the place of one of ours") {
  const auto ours = opened(at("ours")), theirs = opened(at("theirs"));
  append(*ours, 9, "we");
  append(*theirs, 9, "they");
  put(Keys("ours").commit(5), value_of(Keys("theirs").commit(5)));
  const auto all = ours->read(0, 100, 100'000);
  REQUIRE_FALSE(all);
  CHECK(all.error().fault == JournalFault::corrupt);
  CHECK(all.error().revision == 5);
}

TEST_CASE("a whole part of another snapshot does not take the place of one of ours") {
  const auto journal = opened(at("parts"));
  const auto entries = append(*journal, 3, "we");
  REQUIRE(journal->save_snapshot(source_of(3, entries.back().digest, {"one", "two"})));
  const Keys keys("parts");
  const auto seal = etcd::read_seal(keys, {keys.snapshot(3), value_of(keys.snapshot(3)), 1});
  REQUIRE(seal);
  put(keys.part(3, seal->attempt, 2), etcd::part_value("three"));
  const auto reader = journal->load_snapshot(3);
  REQUIRE(reader);
  CHECK((*reader)->next().value() == std::optional<Bytes>("one"));
  CHECK((*reader)->next().value() == std::optional<Bytes>("three"));
  CHECK((*reader)->next().error().fault == JournalFault::corrupt);
}

TEST_CASE("of many who make one workspace at once one is first, and all are told whose it is") {
  for (int round = 0; round < 12; ++round) {
    const EtcdAddress address = at("made" + std::to_string(round));
    std::vector<std::future<std::string>> told;
    std::atomic<int> waiting{6};
    for (int i = 0; i < 6; ++i)
      told.push_back(std::async(std::launch::async, [&, i] {
        const auto journal = make_etcd_journal(address);
        const Incarnation mine(32, static_cast<char>('0' + i));
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        const auto head = journal->open({mine});
        return head ? head->incarnation : head.error().message;
      }));
    const std::string there = told.front().get();
    for (std::size_t i = 1; i < told.size(); ++i) CHECK(told[i].get() == there);
    CHECK(opened(address)->head()->incarnation == there);
  }
}

TEST_CASE("a watch that etcd does not serve ends with why") {
  const std::int64_t early = put("/watched/key", "one");
  shared_etcd().ctl("compact " + std::to_string(put("/watched/key", "two")));
  const auto watching = client();
  auto ended = std::async(std::launch::async, [&] {
    return watching->watch({{"/watched/key", {}}, early}, [](const auto&) {});
  });
  const bool over = ended.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
  CHECK(over);
  watching->close();
  CHECK(ended.get().error().fault == JournalFault::compacted);
}

TEST_CASE("an endpoint that stands still is left for the next one within one call") {
  TcpProxy proxy(shared_etcd().port(0));
  EtcdTuning tuning;
  tuning.attempt_ms_max = 1'000;
  tuning.call_ms_max = 4'000;  // before the link itself is given up
  const auto journal =
      opened(at("left", proxy.address() + "," + shared_etcd().endpoint(0)), tuning);
  append(*journal, 1, "we");
  proxy.set_still(true);
  const auto head = journal->head();
  INFO((head ? std::string() : head.error().message));
  REQUIRE(head);
  CHECK(head->last == 1);
  append(*journal, 1, "we");
}

TEST_CASE("a snapshot that is written again while it is read is loaded again or comes whole") {
  const auto journal = opened(at("again"));
  const auto entries = append(*journal, 3, "we");
  const auto save = [&](const Bytes& a, const Bytes& b) {
    REQUIRE(journal->save_snapshot(source_of(3, entries.back().digest, {a, b})));
  };
  save("old", "older");
  const auto reader = journal->load_snapshot(3);
  REQUIRE(reader);
  CHECK((*reader)->next().value() == std::optional<Bytes>("old"));
  save("new", "newer");
  const auto next = (*reader)->next();
  if (next)
    CHECK(*next == std::optional<Bytes>("older"));
  else
    CHECK(next.error().fault == JournalFault::compacted);
}

TEST_CASE("compacting leaves in etcd what the journal rests on and nothing of what was before") {
  const auto journal = opened(at("swept"));
  const auto entries = append(*journal, 30, "we");
  for (const std::size_t revision : {10, 20, 25})
    REQUIRE(journal->save_snapshot(
        source_of(revision, entries[revision - 1].digest, {"a", std::to_string(revision)})));
  REQUIRE(journal->compact(22));
  const Keys keys("swept");
  const auto count = [&](const Bytes& from, const Bytes& to) {
    etcd::Txn txn;
    txn.ranges = {{from, to, 0, true}};
    return client()->txn(txn, 60'000).value().found.front().size();
  };
  CHECK(count(keys.commit(0), keys.commit(21)) == 0);
  CHECK(count(keys.commit(21), keys.commit(31)) == 10);
  CHECK(count(keys.snapshot(0), keys.snapshot(20)) == 0);
  CHECK(count(keys.snapshot(20), keys.snapshot(99)) == 2);
  CHECK(count(keys.parts_of(0), keys.parts_of(20)) == 0);
  CHECK(count(keys.parts_of(20), keys.parts_of(99)) == 4);
}

}  // namespace millrace::journal
