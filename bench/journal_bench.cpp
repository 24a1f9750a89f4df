// How many commits a second the SQLite journal makes durable, next to a plain file that is written
// and synced in the same way, in the same run: journal_bench [FOLDER] [SECONDS]. The folder should
// be on the disk that is meant; its default is the current one.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "journal/sqlite.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

using Clock = std::chrono::steady_clock;

struct Rate {
  double per_second = 0;  // commits
  double p50_us = 0;      // of one durable write
  double p99_us = 0;
};

// Runs `write`, which makes `group` commits durable, for so long.
Rate measure(double seconds, std::size_t group, const std::function<bool()>& write) {
  std::vector<double> took_us;
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::duration<double>(seconds);
  for (auto now = begun; now < end;) {
    if (!write()) {
      std::fprintf(stderr, "journal_bench: a write failed\n");
      std::exit(2);
    }
    const auto after = Clock::now();
    took_us.push_back(std::chrono::duration<double, std::micro>(after - now).count());
    now = after;
  }
  const double total = std::chrono::duration<double>(Clock::now() - begun).count();
  const double writes = static_cast<double>(took_us.size());
  std::sort(took_us.begin(), took_us.end());
  return {writes * static_cast<double>(group) / total, took_us[took_us.size() / 2],
          took_us[took_us.size() * 99 / 100]};
}

Rate journal_rate(const std::string& path, double seconds, std::size_t group, std::size_t size) {
  const auto journal = journal::make_sqlite_journal(path);
  JournalResult<Head> head = journal->open({incarnation_a});
  if (!head) {
    std::fprintf(stderr, "journal_bench: %s\n", head.error().message.c_str());
    std::exit(2);
  }
  return measure(seconds, group, [&] {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < group; ++i) {
      entries.push_back(entry_after(head->last + i, i == 0 ? head->digest : entries[i - 1].digest,
                                    commit_of(Bytes(size, 'x'))));
    }
    const Revision expected = head->last;
    head->last = entries.back().revision;
    head->digest = entries.back().digest;
    return journal->append(expected, entries, {}).has_value();
  });
}

// The least that durability costs: the same bytes at the end of a file, and fdatasync.
Rate file_rate(const std::string& path, double seconds, std::size_t group, std::size_t size) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string octets(group * size, 'x');
  const Rate rate = measure(seconds, group, [&] {
    const auto written = ::write(fd, octets.data(), octets.size());
    return written == static_cast<ssize_t>(octets.size()) && ::fdatasync(fd) == 0;
  });
  ::close(fd);
  return rate;
}

double load_now() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      std::filesystem::path(argc > 1 ? argv[1] : ".") / "journal_bench.tmp";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  std::printf("load before: %.2f\n", load_now());
  std::printf("%-8s %-7s %12s %9s %9s %12s %6s\n", "commits", "bytes", "journal/s", "p50 us",
              "p99 us", "file/s", "ratio");
  for (const std::size_t group : {1, 32, 64}) {
    for (const std::size_t size : {200, 1000}) {
      std::filesystem::remove_all(folder);
      std::filesystem::create_directories(folder);
      const Rate file = file_rate(folder / "file", seconds, group, size);
      const Rate journal = journal_rate(folder / "journal.db", seconds, group, size);
      std::printf("%-8zu %-7zu %12.0f %9.0f %9.0f %12.0f %6.2f\n", group, size, journal.per_second,
                  journal.p50_us, journal.p99_us, file.per_second,
                  journal.per_second / file.per_second);
    }
  }
  std::filesystem::remove_all(folder);
  std::printf("load after: %.2f\n", load_now());
  return 0;
}
