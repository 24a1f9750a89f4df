// How many commits a second a journal makes durable, or a plain file that is written and synced in
// the same way:
//
//   journal_load file|URL FOLDER SECONDS GROUP BYTES
//
// GROUP commits of so many BYTES in each durable write. URL is a journal's, with FOLDER in the
// place of {}: sqlite:{}/journal.db
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/load.hpp"
#include "journal/open.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

namespace {

using Write = std::function<bool()>;

std::string with_folder(std::string url, const std::string& folder) {
  const std::size_t place = url.find("{}");
  return place == std::string::npos ? url : url.replace(place, 2, folder);
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "journal_load: %s\n", why.c_str());
  std::exit(2);
}

Write journal_write(const std::string& url, std::size_t group, std::size_t bytes) {
  auto opened = journal::open_journal(url);
  if (!opened) give_up(opened.error().message);
  const std::shared_ptr<Journal> journal = std::move(*opened);
  JournalResult<Head> head = journal->open({incarnation_a});
  if (!head) give_up(head.error().message);
  return [journal, head = *head, group, bytes]() mutable {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < group; ++i) {
      entries.push_back(entry_after(head.last + i, i == 0 ? head.digest : entries[i - 1].digest,
                                    commit_of(Bytes(bytes, 'x'))));
    }
    const Revision expected = head.last;
    head.last = entries.back().revision;
    head.digest = entries.back().digest;
    return journal->append(expected, entries, {}).has_value();
  };
}

// The least that durability costs: the same bytes at the end of a file, and fdatasync.
Write file_write(const std::string& path, std::size_t group, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) give_up("cannot write " + path);
  return [fd, octets = std::string(group * bytes, 'x')] {
    const auto written = ::write(fd, octets.data(), octets.size());
    return written == static_cast<ssize_t>(octets.size()) && ::fdatasync(fd) == 0;
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: journal_load file|URL FOLDER SECONDS GROUP BYTES\n");
    return 2;
  }
  const std::string url = argv[1], folder = argv[2];
  const auto group = static_cast<std::size_t>(std::atoi(argv[4]));
  const auto bytes = static_cast<std::size_t>(std::atoi(argv[5]));
  std::filesystem::create_directories(folder);
  const Write write = url == "file" ? file_write(folder + "/file", group, bytes)
                                    : journal_write(with_folder(url, folder), group, bytes);
  const double cpu = bench::cpu_seconds();
  bench::Outcome outcome = bench::run_clients(
      1, std::atof(argv[3]), [&](int, bench::Clock::time_point end, bench::Outcome& one) {
        while (bench::Clock::now() < end) {
          const auto begun = bench::Clock::now();
          if (!write()) give_up("a write failed");
          one.took_us.push_back(bench::microseconds(bench::Clock::now() - begun));
        }
      });
  const double commits = static_cast<double>(outcome.took_us.size() * group);
  std::printf(
      "{\"operations\":%.0f,\"per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"cpu_us\":%.2f}\n",
      commits, commits / outcome.seconds, bench::percentile(outcome.took_us, 0.5),
      bench::percentile(outcome.took_us, 0.99), (bench::cpu_seconds() - cpu) / commits * 1e6);
  return 0;
}
