// A SQLite store of one generation with so many commits in it: how long opening takes, how many
// commits it then makes durable in a second, 64 in each write, and how large it is:
//
//   storage_load GENERATION FOLDER COMMITS SECONDS
//
// The first call fills the store, which is not measured. The commits look like those of a schema
// service: registrations with random keys and digests, now and then a schema.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "bench/load/load.hpp"
#include "journal/sqlite.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

template <class T>
T must(JournalResult<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "storage_load: %s\n", result.error().message.c_str());
  std::exit(2);
}

class Commits {
 public:
  explicit Commits(Revision seed) : random_(seed) {}

  std::vector<Entry> after(const Head& head, std::size_t count) {
    std::vector<Entry> entries;
    Digest digest = head.digest;
    for (Revision last = head.last; last < head.last + count; ++last) {
      entries.push_back(entry_after(last, digest, commit_of(next())));
      digest = entries.back().digest;
    }
    return entries;
  }

 private:
  std::string key(int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += "0123456789abcdefghijklmnopqrstuvwxyz"[random_() % 36];
    return text;
  }
  Bytes next() {
    static const char* const modules[] = {"echo", "time", "billing", "orders", "inventory"};
    const std::string module = modules[random_() % 5];
    Bytes event = "endpoint registered dpl-" + module + "-" + key(10) + " ep-" + key(16) +
                  " http://10.0.1." + std::to_string(random_() % 256) + ":" +
                  std::to_string(30'000 + random_() % 2'000);
    for (int i = 0; i < 32; ++i) event += static_cast<char>(random_());
    if (random_() % 8 != 0) return event;
    for (int i = 0; i < 20; ++i)
      event += "verb " + module + "." + std::to_string(i) +
               "(builtin.HttpRequest) "
               "builtin.HttpResponse +ingress http GET /" +
               module + "\n";
    return event;
  }

  std::mt19937_64 random_;
};

// One write of 64 commits.
void append_some(Journal& journal, Commits& source, Head& head) {
  const std::vector<Entry> some = source.after(head, append_entries_max);
  head.last = must(journal.append(head.last, some, {}));
  head.digest = some.back().digest;
}

void fill(const std::string& path, const journal::SqliteTuning& tuning, Revision commits) {
  const auto journal = journal::make_sqlite_journal(path, tuning);
  Head head = must(journal->open({incarnation_a}));
  Commits source(head.last);
  while (head.last < commits) append_some(*journal, source, head);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: storage_load GENERATION FOLDER COMMITS SECONDS\n");
    return 2;
  }
  journal::SqliteTuning tuning;
  tuning.format_if_new = std::atoi(argv[1]);
  const std::string path = std::string(argv[2]) + "/journal.db";
  fill(path, tuning, std::strtoull(argv[3], nullptr, 10));

  const auto begun = bench::Clock::now();
  const auto journal = journal::make_sqlite_journal(path, tuning);
  Head head = must(journal->open({incarnation_a}));
  const double open_seconds = bench::microseconds(bench::Clock::now() - begun) / 1e6;
  const double bytes = static_cast<double>(std::filesystem::file_size(path));
  const double bytes_per_commit = bytes / static_cast<double>(head.last);

  Commits source(head.last);
  const double cpu = bench::cpu_seconds();
  const bench::Outcome outcome = bench::run_clients(
      1, std::atof(argv[4]), [&](int, bench::Clock::time_point end, bench::Outcome& one) {
        while (bench::Clock::now() < end) {
          const auto write_begun = bench::Clock::now();
          append_some(*journal, source, head);
          one.took_us.push_back(bench::microseconds(bench::Clock::now() - write_begun));
        }
      });
  const auto commits = static_cast<double>(outcome.took_us.size() * append_entries_max);
  std::printf(
      "{\"operations\":%.0f,\"per_second\":%.1f,\"cpu_us\":%.2f,\"seconds\":%.5f,"
      "\"bytes_per_commit\":%.1f}\n",
      commits, commits / outcome.seconds, (bench::cpu_seconds() - cpu) / commits * 1e6,
      open_seconds, bytes_per_commit);
  return 0;
}
