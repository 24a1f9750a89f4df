// The etcd driver on three real servers of which one or two are lost.
#include <atomic>
#include <thread>

#include "journal/etcd.hpp"
#include "journal/verify.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/etcd_server.hpp"
#include "support/eventually.hpp"

namespace millrace::journal {
namespace {

using namespace statekit;
using namespace test;

EtcdCluster& three() {
  static EtcdCluster cluster(3);
  return cluster;
}

constexpr int patient_ms = 30'000;  // where no member is lost, and the machine may be busy

std::unique_ptr<Journal> opened(const std::string& endpoints, const std::string& workspace,
                                int call_ms_max = 1'000) {
  auto address = parse_etcd_url("etcd://" + endpoints + "/" + workspace);
  REQUIRE(address);
  EtcdTuning tuning;
  tuning.attempt_ms_max = tuning.call_ms_max = call_ms_max;
  auto journal = make_etcd_journal(std::move(*address), tuning);
  JournalResult<Head> head;
  REQUIRE(eventually([&] { return (head = journal->open({incarnation_a})).has_value(); }));
  return journal;
}

void whole_again() {
  for (std::size_t i = 0; i < three().size(); ++i) REQUIRE(three().ready(three().endpoint(i)));
}

// Appends one entry, settling what is unknown as the machine does. Its revision once it is certain.
// 0: it never came about.
Revision append_certainly(Journal& journal, const std::string& who) {
  Revision done = 0;
  eventually([&] {
    const auto head = journal.head();
    if (!head) return false;
    const std::vector<Entry> entry = entries_after(*head, 1, who);
    for (bool unsure = false;;) {
      const auto written = journal.append(head->last, entry, {1'000});
      if (written) return done = *written, true;
      if (written.error().fault == JournalFault::unknown) {
        unsure = true;
        continue;
      }
      if (!unsure) return false;
      if (written.error().fault != JournalFault::conflict) continue;
      for (;;) {
        const auto there = journal.read(head->last, 1, entry_bytes_max);
        if (!there || there->empty()) continue;
        if (there->front() != entry.front()) return false;
        return done = entry.front().revision, true;
      }
    }
  });
  return done;
}

}  // namespace

TEST_CASE("two handles on two members agree") {
  whole_again();
  const auto one = opened(three().endpoint(0), "agree", patient_ms);
  const auto two = opened(three().endpoint(1), "agree", patient_ms);
  for (int i = 0; i < 10; ++i) {
    Journal& writer = i % 2 == 0 ? *one : *two;
    Journal& reader = i % 2 == 0 ? *two : *one;
    const auto head = writer.head();
    REQUIRE(head);
    REQUIRE(writer.append(head->last, entries_after(*head, 3), {}));
    CHECK(*reader.head() == *writer.head());
    CHECK(reader.read(head->last, 10, 100'000)->size() == 3);
  }
}

TEST_CASE("G1: the leader is killed under load, nothing acknowledged is lost and writes resume") {
  whole_again();
  std::atomic<bool> stop{false};
  std::atomic<Revision> newest{0};
  std::vector<Revision> acked[2];
  std::vector<std::unique_ptr<Journal>> journals;
  for (int i = 0; i < 2; ++i) journals.push_back(opened(three().endpoints(), "killed"));
  std::vector<std::jthread> writers;
  struct StopsLast {
    std::atomic<bool>& stop;
    ~StopsLast() { stop = true; }
  } const stops{stop};
  for (int i = 0; i < 2; ++i)
    writers.emplace_back([&, i] {
      while (!stop) {
        const Revision done = append_certainly(*journals[i], "writer" + std::to_string(i));
        if (done == 0) return;
        acked[i].push_back(done);
        newest = std::max<Revision>(newest, done);
      }
    });
  CHECK(eventually([&] { return newest > 20; }));
  const std::size_t leader = three().leader();
  three().kill(leader);
  const Revision then = newest;
  CHECK(eventually([&] { return newest > then + 5; }));
  stop = true;
  writers.clear();
  three().restart(leader);
  whole_again();
  const auto after = opened(three().endpoint(leader), "killed", patient_ms);
  const auto all = after->read(0, 1'000'000, 1'000'000'000);
  REQUIRE(all);
  CHECK(verify(*after));
  for (int i = 0; i < 2; ++i)
    for (const Revision each : acked[i]) {
      REQUIRE(each <= all->size());
      CHECK((*all)[each - 1].commit ==
            commit_of("writer" + std::to_string(i) + " " + std::to_string(each)));
    }
  CHECK(acked[0].size() + acked[1].size() == all->size());
}

TEST_CASE("a member that stands still is left for another") {
  whole_again();
  const auto journal = opened(three().endpoints(), "paused");
  append_certainly(*journal, "before");
  const std::size_t leader = three().leader();
  three().pause(leader, true);
  CHECK(append_certainly(*journal, "during") == 2);
  three().pause(leader, false);
  CHECK(append_certainly(*journal, "after") == 3);
}

TEST_CASE("a minority refuses writes and heads, and all goes on when the others are back") {
  whole_again();
  const auto journal = opened(three().endpoint(0), "minority");
  const Revision last = append_certainly(*journal, "before");
  JournalResult<Head> head;
  REQUIRE(eventually([&] { return (head = journal->head()).has_value(); }));
  REQUIRE(journal->wait(0, {60'000}));  // it follows
  three().kill(1);
  three().kill(2);
  // The member needs an election to see that it is alone.
  REQUIRE(eventually([&] { return !journal->head(); }));
  CHECK(eventually([&] {
    const auto told = journal->head();
    return !told && told.error().message.find("it has no leader") != std::string::npos;
  }));
  CHECK(journal->head().error().fault == JournalFault::unavailable);
  // It is told though nobody tries to write, and of who is up it is not said that he is not.
  const std::string survivor = "etcd " + three().endpoint(0) + ": ";
  CHECK(eventually([&] {
    const auto told = journal->warnings();
    return !told.empty() && told.front().stops_writes &&
           told.front().text == survivor + "it knows no leader: start the missing members";
  }));
  const std::vector<Entry> entry = entries_after(*head, 1, "during");
  const auto refused = journal->append(last, entry, {500});
  REQUIRE_FALSE(refused);
  CHECK((refused.error().fault == JournalFault::unavailable ||
         refused.error().fault == JournalFault::unknown));
  three().restart(1);
  three().restart(2);
  whole_again();
  CHECK(append_certainly(*journal, "after") >= last + 1);
  CHECK(verify(*opened(three().endpoints(), "minority", patient_ms)));
}

}  // namespace millrace::journal
