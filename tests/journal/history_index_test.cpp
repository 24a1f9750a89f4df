// The index of who changed what, held against a plain search through all records.
#include "journal/history_index.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;
using journal::HistoryAsk;
using journal::HistoryIndex;
using journal::HistoryPage;
using journal::HistoryRecord;

namespace {

using Records = std::vector<HistoryRecord>;

Records some_records(std::size_t count, unsigned seed = 7) {
  std::mt19937 random(seed);
  const std::vector<std::string> authors = {"", "ada", "bob", "cleo"};
  const std::vector<std::string> modules = {"echo", "shop", "time"};
  Records records;
  WallMs time = 1'000;
  for (std::size_t i = 1; i <= count; ++i) {
    HistoryRecord record;
    record.revision = i;
    record.time_ms = time += static_cast<WallMs>(random() % 3);
    record.author = authors[random() % authors.size()];
    for (const std::string& module : modules)
      if (random() % 3 == 0) record.modules.push_back(module);
    record.octets = "told of " + std::to_string(i) + std::string(random() % 20, 'x');
    records.push_back(record);
  }
  return records;
}

bool fits(const HistoryRecord& record, const HistoryAsk& ask) {
  const auto& modules = record.modules;
  return (ask.author.empty() || record.author == ask.author) &&
         (ask.module.empty() ||
          std::find(modules.begin(), modules.end(), ask.module) != modules.end()) &&
         record.time_ms >= ask.since_ms && (ask.before == 0 || record.revision < ask.before);
}

std::vector<Revision> searched(const Records& records, const HistoryAsk& ask) {
  std::vector<Revision> found;
  for (auto at = records.rbegin(); at != records.rend() && found.size() < ask.limit; ++at)
    if (fits(*at, ask)) found.push_back(at->revision);
  return found;
}

std::vector<Revision> revisions(const HistoryPage& page) {
  std::vector<Revision> found;
  for (const auto& each : page.commits) found.push_back(each.revision);
  return found;
}

std::unique_ptr<HistoryIndex> open(const std::string& path) {
  auto index = journal::open_history_index(path);
  INFO((index ? std::string() : index.error().message));
  REQUIRE(index);
  return *std::move(index);
}

void fill(HistoryIndex& index, const Records& records, std::size_t step = 64) {
  REQUIRE(index.begin({incarnation_a, 1, 0, {}}, {}));
  for (std::size_t at = 0; at < records.size(); at += step) {
    const auto end = records.begin() + static_cast<long>(std::min(at + step, records.size()));
    REQUIRE(index.append({records.begin() + static_cast<long>(at), end}, {}, {}));
  }
}

HistoryAsk some_ask(std::mt19937& random, std::size_t count) {
  HistoryAsk ask;
  if (random() % 2 == 0) ask.author = std::vector<std::string>{"ada", "bob", "zoe"}[random() % 3];
  if (random() % 2 == 0) ask.module = std::vector<std::string>{"echo", "time", "no"}[random() % 3];
  if (random() % 2 == 0) ask.since_ms = 1'000 + static_cast<WallMs>(random() % count);
  if (random() % 2 == 0) ask.before = random() % (count + 50);
  ask.limit = 1 + random() % 40;
  return ask;
}

}  // namespace

TEST_CASE("what the index finds is what a search through everything finds") {
  const Records records = some_records(500);
  const auto index = open("");
  fill(*index, records);
  CHECK(index->position().last == 500);
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const HistoryAsk ask = some_ask(random, records.size());
    INFO(ask.author << "/" << ask.module << " since " << ask.since_ms << " before " << ask.before
                    << " limit " << ask.limit);
    const auto page = index->find(ask);
    REQUIRE(page);
    CHECK(revisions(*page) == searched(records, ask));
    CHECK_FALSE(page->cut);
    for (const auto& each : page->commits) CHECK(each.octets == records[each.revision - 1].octets);
  }
}

TEST_CASE("pages follow each other without a gap and the last one says so") {
  const Records records = some_records(300);
  const auto index = open("");
  fill(*index, records);
  HistoryAsk ask;
  ask.module = "echo";
  ask.limit = 7;
  std::vector<Revision> all;
  for (int pages = 0;; ++pages) {
    REQUIRE(pages < 300);
    const auto page = index->find(ask);
    REQUIRE(page);
    const auto more = revisions(*page);
    all.insert(all.end(), more.begin(), more.end());
    if (page->next_before == 0) break;
    CHECK(more.size() == 7);
    ask.before = page->next_before;
  }
  ask.before = 0;
  ask.limit = 1'000;
  CHECK(all == searched(records, ask));
}

TEST_CASE("G8: a page ends where it has enough bytes, and holds one commit at least") {
  Records records = some_records(10);
  for (HistoryRecord& record : records) record.octets = std::string(1'000, 'x');
  const auto index = open("");
  fill(*index, records);
  HistoryAsk ask;
  ask.bytes_max = 3'500;
  const auto page = index->find(ask);
  REQUIRE(page);
  CHECK(revisions(*page) == std::vector<Revision>{10, 9, 8});
  CHECK(page->next_before == 8);
  ask.bytes_max = 1;
  CHECK(revisions(*index->find(ask)) == std::vector<Revision>{10});
  ask.limit = 1'000'000;
  ask.bytes_max = 1 << 20;
  CHECK(index->find(ask)->commits.size() == 10);
}

TEST_CASE("an index that is opened again goes on where it was") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  const Records records = some_records(200);
  {
    const auto index = open(path);
    fill(*index, {records.begin(), records.begin() + 150});
    CHECK(journal::open_history_index(path).error().fault == JournalFault::unavailable);
  }
  const auto index = open(path);
  CHECK(index->position() == journal::HistoryPosition{incarnation_a, 1, 150, {}});
  REQUIRE(index->append({records.begin() + 150, records.end()}, {}, {}));
  HistoryAsk ask;
  ask.author = "ada";
  ask.limit = 1'000;
  CHECK(revisions(*index->find(ask)) == searched(records, ask));
}

TEST_CASE("what was dropped from the journal is dropped, and a page that ends there says so") {
  Records records = some_records(200);
  const auto index = open("");
  fill(*index, records);
  REQUIRE(index->append({}, {{"chs-old", {"echo"}}, {"chs-older", {"shop"}}}, {}));
  REQUIRE(index->drop_before(121, {{"chs-older", {"shop"}}}));
  REQUIRE(index->drop_before(50, {}));
  records.erase(records.begin(), records.begin() + 120);
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    const HistoryAsk ask = some_ask(random, 200);
    const auto page = index->find(ask);
    REQUIRE(page);
    CHECK(revisions(*page) == searched(records, ask));
    CHECK(page->oldest == 121);
  }
  HistoryAsk all;
  all.limit = 1'000;
  CHECK(index->find(all)->cut);
  all.since_ms = records[30].time_ms;
  CHECK_FALSE(index->find(all)->cut);
  CHECK(*index->modules_of("chs-older") == std::vector<std::string>{"shop"});
}

TEST_CASE("a change that fails leaves the index as it was") {
  const Records records = some_records(20);
  const auto index = open("");
  fill(*index, records);
  HistoryRecord again = records[3];
  again.author = "somebody new";
  CHECK_FALSE(index->append({again}, {}, {}));
  CHECK(index->position().last == 20);
  again.revision = 21;
  REQUIRE(index->append({again}, {}, {}));
  HistoryAsk ask;
  ask.author = "somebody new";
  CHECK(revisions(*index->find(ask)) == std::vector<Revision>{21});
}

TEST_CASE("a damaged index tells the truth, is found out, or is made anew") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  const Records records = some_records(400);
  {
    const auto index = open(path);
    fill(*index, records);
  }
  std::ifstream file(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(whole.size() > 8'192);
  std::mt19937 random(3);
  int told = 0;
  for (int i = 0; i < 150; ++i) {
    std::string octets = whole;
    if (i % 5 == 0)
      octets.resize(random() % octets.size());
    else
      octets[random() % octets.size()] ^= static_cast<char>(1 << random() % 8);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
    std::filesystem::remove(path + "-wal");
    const auto index = open(path);
    HistoryAsk ask;
    ask.limit = 1'000;
    const auto page = index->find(ask);
    if (!page) {
      ++told;
      CHECK(page.error().fault == JournalFault::corrupt);
      continue;
    }
    for (const auto& each : page->commits)
      REQUIRE(each.octets == records[each.revision - 1].octets);
    const bool anew = index->position().last == 0;
    if (anew) ++told;
    const Revision last = index->position().last;
    const Revision first = index->position().first;
    CHECK((anew || page->commits.size() == last + 1 - first));
  }
  CHECK(told > 30);
}

TEST_CASE("what is no index of this version is made anew") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  std::ofstream(path) << std::string(5'000, 'x');
  CHECK(open(path)->position().incarnation.empty());
  std::ofstream(path) << "";
  CHECK(open(path)->position().last == 0);
}
