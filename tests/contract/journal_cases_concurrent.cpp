#include <mutex>
#include <set>
#include <thread>

#include "contract/journal_contract.hpp"
#include "support/linearizable.hpp"

namespace millrace::contract {

namespace {

using std::chrono::steady_clock;

// What threads find out; Catch's own assertions are for the test's thread alone.
class Findings {
 public:
  void add(std::string what) {
    const std::lock_guard lock(mutex_);
    if (all_.size() < 10) all_.push_back(std::move(what));
  }
  void check() {
    for (const std::string& each : all_) FAIL_CHECK(each);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> all_;
};

template <class Work>
void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& each : threads) each.join();
}

struct Race {
  Race(Store& from, Revision to) : store(from), target(to) {}
  Store& store;
  Revision target;
  Findings findings;
  std::mutex mutex;
  std::vector<std::pair<Revision, std::string>> won;
  std::vector<Happening> history;

  // Appends one entry at the head it reads, again and again, until the target is reached.
  void appender(const std::string& who) {
    const std::unique_ptr<Journal> journal = store.handle();
    if (!journal->open({incarnation_a})) return findings.add(who + " could not open");
    for (;;) {
      Happening look{false, steady_clock::now(), {}, 0, {}};
      const JournalResult<Head> head = journal->head();
      if (!head) return findings.add(who + ": " + head.error().message);
      look.returned = steady_clock::now();
      look.last = head->last;
      look.digest = head->digest;
      record(look);
      if (head->last >= target) return;
      const std::vector<Entry> entry = entries_after(*head, 1, who);
      Happening write{true, steady_clock::now(), {}, entry.front().revision, entry.front().digest};
      const JournalResult<Revision> done = journal->append(head->last, entry, {});
      write.returned = steady_clock::now();
      if (!done && done.error().fault != JournalFault::conflict)
        return findings.add(who + ": " + done.error().message);
      if (!done) continue;
      record(write);
      const std::lock_guard lock(mutex);
      won.emplace_back(*done, who);
    }
  }

  void record(const Happening& happening) {
    const std::lock_guard lock(mutex);
    history.push_back(happening);
  }
};

void one_winner(Store& store) {
  Race race{store, static_cast<Revision>(rounds(60, 200))};
  auto journal = opened(store);
  in_threads(16, [&](int i) { race.appender("writer" + std::to_string(i)); });
  race.findings.check();
  std::set<Revision> revisions;
  const std::vector<Entry> entries = must(read_all(*journal));
  for (const auto& [revision, who] : race.won) {
    CHECK(revisions.insert(revision).second);
    REQUIRE(revision <= entries.size());
    CHECK(entries[revision - 1].commit == commit_of(who + " " + std::to_string(revision)));
  }
  CHECK(entries.size() == race.won.size());
  CHECK(must(journal->head()).last == race.won.size());
}

void head_linearizable(Store& store) {
  Race race{store, static_cast<Revision>(rounds(60, 400))};
  auto journal = opened(store);
  in_threads(4, [&](int i) { race.appender("writer" + std::to_string(i)); });
  race.findings.check();
  INFO(contradiction(race.history).value_or("none"));
  CHECK_FALSE(contradiction(race.history));
}

// A handle of its own follows the journal while others append batches: what it reads is whole.
void reader_never_skips(Store& store) {
  auto journal = opened(store);
  const auto target = static_cast<Revision>(rounds(120, 1000));
  Findings findings;
  std::thread reader([&] {
    const std::unique_ptr<Journal> own = store.handle();
    if (!own->open({incarnation_a})) return findings.add("the reader could not open");
    Digest digest;
    for (Revision after = 0; after < target;) {
      const JournalResult<std::vector<Entry>> some = own->read(after, 7, 500);
      if (!some) return findings.add(some.error().message);
      for (const Entry& entry : *some) {
        const Result<Digest> next = chain(digest, after + 1, entry.commit);
        if (entry.revision != after + 1 || !next || *next != entry.digest)
          return findings.add("after " + std::to_string(after) + " came " +
                              std::to_string(entry.revision));
        after = entry.revision;
        digest = entry.digest;
      }
      std::this_thread::yield();
    }
  });
  Race race{store, target};
  in_threads(3, [&](int i) { race.appender("writer" + std::to_string(i)); });
  reader.join();
  findings.check();
  race.findings.check();
}

// Nobody ever sees a batch half stored.
void batches_seen_whole(Store& store) {
  auto journal = opened(store);
  Findings findings;
  std::jthread reader([&](const std::stop_token& stop) {
    const std::unique_ptr<Journal> own = store.handle();
    if (!own->open({incarnation_a})) return findings.add("the reader could not open");
    while (!stop.stop_requested()) {
      const JournalResult<Head> head = own->head();
      if (!head) return findings.add(head.error().message);
      if (head->last % 32 != 0) return findings.add("a head at " + std::to_string(head->last));
    }
  });
  for (int i = 0; i < rounds(20, 200); ++i) grow(*journal, 32);
  reader.request_stop();
  reader.join();
  findings.check();
}

}  // namespace

std::vector<Case> concurrent_cases() {
  return {
      {"ConcurrentAppendersOneWinner", "of 16 appenders one wins each revision and no gap is left",
       nothing, one_winner},
      {"HeadLinearizable", "no head is older than what was acknowledged before it was asked for",
       nothing, head_linearizable},
      {"ReaderNeverSkips", "a reader beside several appenders sees every revision in order",
       nothing, reader_never_skips},
      {"BatchesSeenWhole", "a reader never finds the head inside a batch", nothing,
       batches_seen_whole},
  };
}

}  // namespace millrace::contract
