#include <atomic>
#include <chrono>
#include <thread>

#include "contract/journal_contract.hpp"

namespace millrace::contract {

namespace {

using std::chrono::steady_clock;

void read_in_order_whole(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 70);
  const std::size_t size = all.back().commit.size();
  for (const Revision after : {0, 1, 5, 63, 64, 69}) {
    for (const std::size_t count : {0, 1, 2, 64, 1000}) {
      for (const std::size_t bytes : {std::size_t{0}, size, 5 * size, std::size_t{1'000'000}}) {
        const std::vector<Entry> some = must(journal->read(after, count, bytes));
        REQUIRE_FALSE(some.empty());
        CHECK(some.size() <= std::max<std::size_t>(count, 1));
        CHECK(std::equal(some.begin(), some.end(), all.begin() + static_cast<long>(after)));
        std::size_t total = 0;
        for (const Entry& each : some) total += each.commit.size();
        CHECK((some.size() == 1 || total <= bytes));
      }
    }
    CHECK(must(journal->read(after, 1000, 1'000'000)).size() == 70 - after);
  }
}

void read_beyond_head(Store& store) {
  auto journal = opened(store);
  CHECK(must(journal->read(0, 1, 1)).empty());
  CHECK(must(journal->read(9, 1, 1)).empty());
  grow(*journal, 3);
  CHECK(must(journal->read(3, 10, 1000)).empty());
  CHECK(must(journal->read(4, 10, 1000)).empty());
  CHECK(must(journal->read(~Revision{0}, 10, 1000)).empty());
}

void read_compacted(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 10);
  must(journal->save_snapshot(source_of(6, all[5].digest, {"six"})));
  must(journal->compact(6));
  const Head head = must(journal->head());
  CHECK(head == Head{incarnation_a, 7, 10, all[5].digest, all[9].digest});
  CHECK(must_fail(journal->read(5, 10, 1000), JournalFault::compacted).head == head);
  must_fail(journal->read(0, 10, 1000), JournalFault::compacted);
  CHECK(must(journal->read(6, 10, 1000)).size() == 4);
  journal = opened(store);
  must_fail(journal->read(5, 10, 1000), JournalFault::compacted);
  CHECK(must(journal->read(6, 10, 1000)).front() == all[6]);
}

void wait_wakes(Store& store) {
  auto journal = opened(store);
  auto other = opened(store);
  grow(*journal, 1);
  CHECK(must(journal->wait(0, {0})).last == 1);
  std::jthread appender([&] {
    const std::vector<Entry> entry = entries_after(must(other->head()), 1);
    if (!other->append(1, entry, {})) other->close();
  });
  CHECK(must(journal->wait(1, {30'000})).last == 2);
  appender.join();
  const auto begun = steady_clock::now();
  const Head head = must(journal->wait(2, {50}));
  CHECK(head == must(journal->head()));
  CHECK(steady_clock::now() - begun >= std::chrono::milliseconds(50));
}

void close_unblocks(Store& store) {
  auto journal = opened(store);
  std::atomic<bool> waiting{false};
  JournalResult<Head> answer;
  const auto begun = steady_clock::now();
  std::jthread waiter([&] {
    waiting = true;
    answer = journal->wait(0, {60'000});
  });
  while (!waiting) std::this_thread::yield();
  journal->close();
  waiter.join();
  CHECK(steady_clock::now() - begun < std::chrono::seconds(30));
  must_fail(answer, JournalFault::unavailable);
}

// Unblocks a waiting thread when a test fails half way.
struct ClosesLast {
  Journal& journal;
  ~ClosesLast() { journal.close(); }
};

// Before its deadline a wait returns only with something new: a thread appends one at a time and
// waits until the waiter has seen it.
void wait_never_early(Store& store) {
  auto journal = opened(store);
  auto other = opened(store);
  constexpr Revision target = 20;
  std::atomic<Revision> seen{0};
  std::atomic<bool> early{false};
  std::jthread waiter([&] {
    for (Revision after = 0; after < target;) {
      const auto end = steady_clock::now() + std::chrono::seconds(30);
      const JournalResult<Head> head = other->wait(after, {30'000});
      if (!head || head->last <= after) {
        // Or it was this machine that stood still until the deadline.
        if (head && steady_clock::now() >= end) continue;
        early = true;
        break;
      }
      after = head->last;
      seen = after;
    }
    seen = target;
  });
  const ClosesLast closes{*other};
  for (Revision i = 1; i <= target; ++i) {
    if (early) break;
    grow(*journal, 1);
    while (seen < i) std::this_thread::yield();
  }
  waiter.join();
  CHECK_FALSE(early);
  const auto begun = steady_clock::now();
  CHECK(must(other->wait(target, {30})).last == target);
  CHECK(steady_clock::now() - begun >= std::chrono::milliseconds(30));
}

}  // namespace

std::vector<Case> read_cases() {
  return {
      {"ReadInOrderWhole", "reads are in order and without gaps from anywhere and at any limit",
       nothing, read_in_order_whole},
      {"ReadBeyondHeadIsEmpty", "a read at the head or past it finds nothing", nothing,
       read_beyond_head},
      {"ReadCompactedTyped", "a read of compacted revisions says so and names what is left",
       nothing, read_compacted},
  };
}

std::vector<Case> wait_cases() {
  return {
      {"WaitWakes", "a wait ends with another handle's append or at its deadline", nothing,
       wait_wakes},
      {"WaitClosed", "closing a handle unblocks who waits on it", nothing, close_unblocks},
      {"WaitNeverEarly", "a wait does not end before something is new", nothing, wait_never_early},
  };
}

}  // namespace millrace::contract
