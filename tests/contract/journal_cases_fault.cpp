#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "contract/journal_appending.hpp"
#include "contract/journal_contract.hpp"
#include "support/moment.hpp"

namespace millrace::contract {

namespace {

// In the child: nothing but system calls where the store is in another process, whose client's
// threads a fork would lose.
[[noreturn]] void become_appender(Store& store, int acks) {
  const std::string url = store.url();
  if (url.empty()) append_until_killed(*store.handle(), acks);
  const std::string pipe = std::to_string(acks);
  execl(MILLRACE_APPENDER, MILLRACE_APPENDER, url.c_str(), pipe.c_str(), nullptr);
  _exit(7);
}

Revision kill_after(Store& store, std::uint64_t acks_wanted, unsigned pause_us) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) become_appender(store, ends[1]);
  close(ends[1]);
  Revision acked = 0;
  for (std::uint64_t i = 0; i < acks_wanted; ++i)
    REQUIRE(read(ends[0], &acked, sizeof acked) == sizeof acked);
  // Any instant will do: this only spreads them over an append.
  test::pass(std::chrono::microseconds(pause_us));
  kill(child, SIGKILL);
  while (read(ends[0], &acked, sizeof acked) == sizeof acked) {
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  return acked;
}

void crash_durability(Store& store) {
  std::mt19937 random(Catch::rngSeed() + 7);
  { auto journal = opened(store); }
  for (int round = 0; round < rounds(20, 200); ++round) {
    const Revision acked =
        kill_after(store, 1 + random() % 12, static_cast<unsigned>(random() % 3000));
    auto journal = opened(store);
    // What the killed one had sent may still arrive where the store is in another process.
    Head head;
    std::vector<Entry> all;
    do {
      head = must(journal->head());
      all = must(read_all(*journal));
    } while (head != must(journal->head()));
    REQUIRE(head.last >= acked);
    Head expected{incarnation_a, 1, 0, {}, {}};
    REQUIRE(all.size() == head.last);
    while (expected.last < head.last) {
      for (const Entry& each : nth_batch(expected)) {
        REQUIRE(each.revision <= all.size());  // a batch is there whole
        REQUIRE(all[each.revision - 1] == each);
        expected.last = each.revision;
        expected.digest = each.digest;
      }
    }
    CHECK(head == expected);
    const auto snapshot = must(journal->load_snapshot(head.last));
    if (!snapshot) continue;
    CHECK(must(snapshot->next()) == std::optional<Bytes>("s"));
    CHECK(must(snapshot->next()) == std::optional<Bytes>(Bytes(9000, 's')));
    CHECK_FALSE(must(snapshot->next()));
  }
}

// In a child process: holds the store open until it is killed.
pid_t hold(Store& store) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Whatever becomes of the test, this is not left behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::unique_ptr<Journal> journal = store.handle();
    const bool open = journal->open({incarnation_a}).has_value();
    if (!open || write(ends[1], "o", 1) != 1) _exit(3);
    for (;;) pause();
  }
  close(ends[1]);
  char told = 0;
  CHECK(read(ends[0], &told, 1) == 1);
  close(ends[0]);
  return child;
}

void one_writing_process(Store& store) {
  std::vector<Entry> all;
  { all = grow(*opened(store), 20); }
  const pid_t child = hold(store);
  const JournalError error =
      must_fail(store.handle()->open({incarnation_a}), JournalFault::unavailable);
  CHECK(error.message.find("process " + std::to_string(child) + " on ") != std::string::npos);
  CHECK(error.message.find(" since ") != std::string::npos);
  {
    const auto reader = store.handle();
    CHECK(must(reader->open({incarnation_a, true, true})).last == 20);
    CHECK(must(read_all(*reader)) == all);
    must_fail(reader->append(20, entries_after(20, all.back().digest, 1), {}),
              JournalFault::invalid);
    must_fail(reader->save_snapshot(source_of(20, all.back().digest, {"x"})),
              JournalFault::invalid);
    must_fail(reader->compact(20), JournalFault::invalid);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(must(read_all(*opened(store))) == all);
}

void full_disk(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> before = grow(*journal, 3);
  store.fill_disk(true);
  const std::vector<Entry> big = {
      entry_after(3, before.back().digest, commit_of(Bytes(500'000, 'x')))};
  const JournalError error = must_fail(journal->append(3, big, {}), JournalFault::unavailable);
  CHECK(error.message.find("full") != std::string::npos);
  must_fail(journal->save_snapshot(
                source_of(3, before.back().digest, {Bytes(500'000, 'x'), Bytes(500'000, 'y')})),
            JournalFault::unavailable);
  CHECK(must(read_all(*journal)) == before);
  CHECK(must(journal->load_snapshot(3)) == nullptr);
  store.fill_disk(false);
  CHECK(must(journal->append(3, big, {})) == 4);
  must(journal->save_snapshot(source_of(3, before.back().digest, {"fits"})));
  journal = opened(store);
  CHECK(must(read_all(*journal)).size() == 4);
}

// The same bytes again settle it: they are stored once, whatever became of the first attempt.
void ambiguous_append(Store& store) {
  const Bytes large(6'000, 'x');  // so that who cuts links can tell a write from all else
  auto journal = opened(store);
  for (int i = 0; i < 4; ++i) {
    const Head head = must(journal->head());
    const std::vector<Entry> entries = entries_after(head, 2, large);
    store.lose_next_answer();
    must_fail(journal->append(head.last, entries, {}), JournalFault::unknown);
    // The next try may meet the link that is just closing: it settles nothing then, and is
    // repeated.
    JournalResult<Revision> again = journal->append(head.last, entries, {});
    for (int more = 0; more < 20 && !again && again.error().fault == JournalFault::unknown; ++more)
      again = journal->append(head.last, entries, {});
    if (!again) must_fail(again, JournalFault::conflict);
    CHECK(must(journal->head()).last == head.last + 2);
    CHECK(must(journal->read(head.last, 10, 100'000)) == entries);
    journal = opened(store);
    CHECK(must(read_all(*journal, head.last)) == entries);
  }
}

void unavailable_engine(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> before = grow(*journal, 2);
  const std::vector<Entry> next = entries_after(2, before.back().digest, 1);
  store.set_unreachable(true);
  const auto begun = std::chrono::steady_clock::now();
  // An engine that is lost in the middle of an append may not know what became of it.
  const JournalResult<Revision> lost = journal->append(2, next, {200});
  REQUIRE_FALSE(lost);
  CHECK((lost.error().fault == JournalFault::unavailable ||
         lost.error().fault == JournalFault::unknown));
  must_fail(journal->append(2, next, {200}), JournalFault::unavailable);
  // Whoever waits in a loop must not spin while nothing can be reached.
  const auto waited = std::chrono::steady_clock::now();
  must_fail(journal->wait(2, {50}), JournalFault::unavailable);
  CHECK(std::chrono::steady_clock::now() - waited >= std::chrono::milliseconds(50));
  must_fail(journal->head(), JournalFault::unavailable);
  must_fail(journal->read(0, 10, 1000), JournalFault::unavailable);
  must_fail(journal->load_snapshot(2), JournalFault::unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(60));
  store.set_unreachable(false);
  CHECK(must(journal->append(2, next, {})) == 3);
  CHECK(must(read_all(*journal)).size() == 3);
}

}  // namespace

std::vector<Case> fault_cases() {
  return {
      {"CrashDurability",
       "G1: what was acknowledged outlives kill -9 and the rest is whole or absent", own_process,
       crash_durability},
      {"OneWritingProcess", "a second process is told who writes and may still read", one_process,
       one_writing_process},
      {"DiskFull", "a full disk is a clear error and the store works again after it", disk_full,
       full_disk},
      {"AmbiguousAppend", "an append of unknown outcome is settled by the same bytes again",
       lost_answer, ambiguous_append},
      {"Unavailable", "an engine out of reach is a clear error and then works again", unreachable,
       unavailable_engine},
  };
}

}  // namespace millrace::contract
