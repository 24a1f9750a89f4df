// What the second generation of the SQLite store gains over the first, in one run, turn by turn:
// storage_bench [FOLDER] [COMMITS]. The commits look like those of a schema service: registrations
// with random keys and digests, now and then a schema.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "journal/sqlite.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

template <class T>
T must(JournalResult<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "storage_bench: %s\n", result.error().message.c_str());
  std::exit(2);
}

class Commits {
 public:
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

  std::mt19937_64 random_{7};
};

struct Row {
  double grouped_per_second = 0;
  double single_per_second = 0;
  double bytes_per_commit = 0;
  double open_ms = 0;
  double read_per_second = 0;
};

Row measure(const std::string& path, int format, Revision commits) {
  journal::SqliteTuning tuning;
  tuning.format_if_new = format;
  Commits source;
  Row row;
  {
    const auto journal = journal::make_sqlite_journal(path, tuning);
    Head head = must(journal->open({incarnation_a}));
    double spent = 0;
    while (head.last < commits) {
      const std::vector<Entry> some = source.after(head, append_entries_max);
      const auto begun = Clock::now();
      head.last = must(journal->append(head.last, some, {}));
      spent += since(begun);
      head.digest = some.back().digest;
    }
    row.grouped_per_second = static_cast<double>(head.last) / spent;
    spent = 0;
    for (int i = 0; i < 3'000; ++i) {
      const std::vector<Entry> one = source.after(head, 1);
      const auto begun = Clock::now();
      head.last = must(journal->append(head.last, one, {}));
      spent += since(begun);
      head.digest = one.back().digest;
    }
    row.single_per_second = 3'000 / spent;
    must(journal->head());
  }
  const auto begun = Clock::now();
  const auto journal = journal::make_sqlite_journal(path, tuning);
  const Head head = must(journal->open({incarnation_a}));
  row.open_ms = since(begun) * 1000;
  row.bytes_per_commit =
      static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(head.last);
  const auto reading = Clock::now();
  for (Revision after = 0; after < head.last;)
    after = must(journal->read(after, 1'024, std::size_t{8} << 20)).back().revision;
  row.read_per_second = static_cast<double>(head.last) / since(reading);
  return row;
}

double load_now() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      std::filesystem::path(argc > 1 ? argv[1] : ".") / "storage_bench.tmp";
  const Revision commits =
      argc > 2 && *argv[2] != 0 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  std::printf("load before: %.2f, %llu commits\n", load_now(),
              static_cast<unsigned long long>(commits));
  std::printf("%-10s %14s %12s %13s %8s %12s\n", "generation", "by 64, per s", "single per s",
              "bytes/commit", "open ms", "read per s");
  for (const int format : {1, 2, 1, 2}) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const Row row = measure(folder / "journal.db", format, commits);
    std::printf("%-10d %14.0f %12.0f %13.1f %8.2f %12.0f\n", format, row.grouped_per_second,
                row.single_per_second, row.bytes_per_commit, row.open_ms, row.read_per_second);
  }
  std::filesystem::remove_all(folder);
  std::printf("load after: %.2f\n", load_now());
  return 0;
}
