// The server itself is killed in the middle of appends, again and again.
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "journal/verify.hpp"
#include "journal_mysql/parts.hpp"
#include "support/moment.hpp"

namespace millrace::journal {
namespace {

// What a writer and a reader saw while the server was killed under them.
struct Seen {
  std::mutex mutex;
  Head acknowledged, told;

  void note(Head& place, const Head& head) {
    const std::lock_guard lock(mutex);
    if (head.last >= place.last) place = head;
  }
};

// Until the server goes.
void write(const std::string& url, const std::string& who, Seen& seen) {
  const auto journal = handle(url);
  if (!journal->open({incarnation_a})) return;
  for (;;) {
    const auto head = journal->head();
    if (!head) return;
    const auto entries = entries_after(*head, 1 + head->last % 7, who);
    const auto done = journal->append(head->last, entries, {2'000});
    if (!done && done.error().fault != JournalFault::conflict) return;
    if (done) seen.note(seen.acknowledged, {{}, 1, *done, {}, entries.back().digest});
  }
}

void read(const std::string& url, Seen& seen) {
  const auto journal = handle(url);
  if (!journal->open({incarnation_a})) return;
  for (;;) {
    const auto head = journal->head();
    if (!head) return;
    seen.note(seen.told, *head);
  }
}

void check_there(Journal& journal, const Head& wanted, const char* what) {
  if (wanted.last == 0) return;
  INFO(what << " " << wanted.last);
  const auto there = journal.read(wanted.last - 1, 1, 1);
  INFO((there ? std::string() : there.error().message));
  REQUIRE(there);
  REQUIRE(there->size() == 1);
  CHECK(there->front().digest == wanted.digest);
}

}  // namespace

TEST_CASE("G1, G3: what a killed server had acknowledged or told anybody is there afterwards") {
  MysqlServer server;
  // What is in memory and not yet in the log is so for milliseconds.
  server.preload(SLOW_LOG);
  server.restart();
  const std::string url = server.url("crash");
  { opened(url); }
  std::mt19937 random(Catch::rngSeed() + 3);
  const int rounds = std::getenv("MILLRACE_LONG") != nullptr ? 60 : 6;
  for (int round = 0; round < rounds; ++round) {
    Seen seen;
    std::vector<std::thread> threads;
    for (const char* who : {"one", "two"})
      threads.emplace_back([&, who] { write(url, who, seen); });
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { read(url, seen); });
    test::pass(std::chrono::milliseconds(100 + random() % 200));
    server.kill();
    for (std::thread& each : threads) each.join();
    server.restart();
    const auto journal = opened(url);
    REQUIRE(verify(*journal));
    CHECK(seen.acknowledged.last > 0);
    check_there(*journal, seen.acknowledged, "acknowledged");
    check_there(*journal, seen.told, "told");
  }
}

}  // namespace millrace::journal
