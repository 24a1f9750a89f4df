#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "contract/journal_contract.hpp"

namespace millrace::contract {

namespace {

namespace fs = std::filesystem;

Bytes contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream octets;
  octets << in.rdbuf();
  return octets.str();
}

void put(const fs::path& path, const Bytes& octets) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

std::map<std::string, Bytes> folder_of(Store& store) {
  std::map<std::string, Bytes> files;
  for (const auto& each : fs::directory_iterator(fs::path(store.path()).parent_path()))
    files[each.path().filename()] = contents(each.path());
  return files;
}

void refuses_newer(Store& store) {
  { grow(*opened(store), 3); }
  store.claim_newer_format();
  const auto before = folder_of(store);
  must_fail(store.handle()->open({incarnation_b}), JournalFault::wrong_format);
  must_fail(store.handle()->open({incarnation_b, false}), JournalFault::wrong_format);
  CHECK(folder_of(store) == before);
}

void refuses_foreign(Store& store) {
  { opened(store); }
  const Bytes whole = contents(store.path());
  for (const Bytes& foreign : {Bytes("hello, this is no store of anybody's"), Bytes(5000, '\0'),
                               Bytes("SQLite format 3\0", 16) + Bytes(4080, '\0')}) {
    put(store.path(), foreign);
    const auto before = folder_of(store);
    must_fail(store.handle()->open({incarnation_b}), JournalFault::wrong_format);
    CHECK(folder_of(store) == before);
  }
  put(store.path(), whole);
  CHECK(must(opened(store)->head()).last == 0);
}

struct Reading {
  JournalFault fault = JournalFault::unavailable;
  Revision revision = 0;
  bool whole = false;
};

// Opens and reads everything, the way a starting service does.
Reading read_everything(Store& store, const std::vector<Entry>& all) {
  const auto journal = store.handle();
  const JournalResult<Head> head = journal->open({incarnation_b, false});
  if (!head) return {head.error().fault, head.error().revision};
  const JournalResult<std::vector<Entry>> entries = read_all(*journal);
  if (!entries) return {entries.error().fault, entries.error().revision};
  const auto snapshot = journal->load_snapshot(head->last);
  if (!snapshot) return {snapshot.error().fault, snapshot.error().revision};
  if (*snapshot) {
    for (;;) {
      const auto part = (*snapshot)->next();
      if (!part) return {part.error().fault, part.error().revision};
      if (!*part) break;
    }
  }
  const Head good{incarnation_a, 1, all.size(), {}, all.back().digest};
  return {{}, 0, *head == good && *entries == all && *snapshot != nullptr};
}

std::vector<Entry> fill(Store& store) {
  auto journal = opened(store);
  const std::vector<Entry> all = grow(*journal, 300, "somebody with a rather long name");
  must(journal->save_snapshot(source_of(200, all[199].digest, {Bytes(9000, 's'), "t"})));
  return all;
}

void torn_tail(Store& store) {
  const std::vector<Entry> all = fill(store);
  const Bytes whole = contents(store.path());
  REQUIRE(read_everything(store, all).whole);
  for (std::size_t size = 0; size < whole.size(); size += 997) {
    INFO("cut off after " << size);
    put(store.path(), whole.substr(0, size));
    const Reading found = read_everything(store, all);
    CHECK_FALSE(found.whole);
    CHECK(static_cast<int>(found.fault) == static_cast<int>(JournalFault::corrupt));
  }
  put(store.path(), whole);
  CHECK(read_everything(store, all).whole);
}

void names_the_first(Store& store) {
  const std::vector<Entry> all = fill(store);
  const Bytes whole = contents(store.path());
  int tried = 0;
  for (const Revision bad : {1, 2, 150, 299, 300}) {
    INFO("revision " << bad);
    const std::size_t at = whole.find(all[bad - 1].commit);
    if (at == Bytes::npos) continue;  // packed: who packs has tests of its own for that
    ++tried;
    Bytes flipped = whole;
    flipped[at + 12] = static_cast<char>(flipped[at + 12] ^ 0x10);
    put(store.path(), flipped);
    const Reading found = read_everything(store, all);
    CHECK(static_cast<int>(found.fault) == static_cast<int>(JournalFault::corrupt));
    CHECK(found.revision == bad);
  }
  CHECK(tried > 1);
}

// Wherever a bit flips, what is read is what was written, or there is a typed error.
void bit_flips(Store& store) {
  const std::vector<Entry> all = fill(store);
  const Bytes whole = contents(store.path());
  std::mt19937 random(Catch::rngSeed() + 11);
  int noticed = 0;
  for (int i = 0; i < rounds(300, 5000); ++i) {
    Bytes flipped = whole;
    // The first page and the roots are where most harm is done.
    const std::size_t at = random() % (i % 3 == 0 ? 20'000 : whole.size());
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    put(store.path(), flipped);
    const Reading found = read_everything(store, all);
    INFO("bit flipped at " << at);
    if (found.whole) continue;
    ++noticed;
    CHECK((found.fault == JournalFault::corrupt || found.fault == JournalFault::wrong_format));
  }
  CHECK(noticed > 0);
}

}  // namespace

std::vector<Case> damage_cases() {
  return {
      {"RefusesNewerFormat", "a newer store is refused and left as it is", file, refuses_newer},
      {"RefusesForeign", "a file of something else is refused and left as it is", file,
       refuses_foreign},
      {"TornTail", "a store that was cut off is corrupt and never silently shorter", file,
       torn_tail},
      {"NamesFirstBad", "a commit that changed is corrupt and its revision is named", file,
       names_the_first},
      {"BitFlips", "a flipped bit anywhere gives an error or changes nothing", file, bit_flips},
  };
}

}  // namespace millrace::contract
