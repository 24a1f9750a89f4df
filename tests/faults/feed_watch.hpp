// Followers that take the feed apart by themselves and say what is wrong with it: every revision
// once and in order, never back, the same bytes and digests for all, whoever serves them. Each is a
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace millrace::test {

// What all followers have seen, to be compared. Thread safe.
class Seen {
 public:
  void commit(std::uint64_t revision, const std::string& octets, const std::string& who);
  void digest(std::uint64_t revision, const std::string& digest, const std::string& who);
  void fault(const std::string& what);
  std::vector<std::string> faults() const;
  std::map<std::uint64_t, std::string> commits() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> commits_;
  std::map<std::uint64_t, std::string> digests_;
  std::vector<std::string> faults_;
};

class FeedWatch {
 public:
  FeedWatch(std::vector<std::string> addresses, std::string name, std::uint32_t seed, Seen& seen);
  ~FeedWatch();

  std::uint64_t revision() const { return revision_; }
  int resumed() const { return resumed_; }      // streams that went on where the last one ended
  int snapshots() const { return snapshots_; }  // streams that began with a snapshot
  void stop();

 private:
  struct Stream;
  void run(std::uint32_t seed);
  void follow(const std::string& address);
  bool take(Stream& stream);

  const std::vector<std::string> addresses_;
  const std::string name_;
  Seen& seen_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> revision_{0};
  std::atomic<int> resumed_{0}, snapshots_{0};
  std::string incarnation_, digest_;  // of the watching thread
  std::thread thread_;
};

}  // namespace millrace::test
