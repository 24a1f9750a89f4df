// Clients that deploy and read while the cluster is under faults, and what they saw. A register is
// a module without verbs: a write deploys it as a build of its own number, a read asks which build
// is canonical. Each client is a thread of its own; the record is joined when they have ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/register_history.hpp"

namespace millrace::test {

struct Acknowledged {
  std::int64_t called = 0;
  std::int64_t returned = 0;
  std::uint64_t revision = 0;
  std::string reason;  // names the operation; its commit carries it
};

struct Record {
  std::map<std::string, std::vector<RegisterOp>> registers;
  std::vector<Acknowledged> acknowledged;  // creations of changesets
  std::vector<std::string> reasons;        // of all creations that were tried
  int refused = 0, unknown = 0, reads = 0, writes = 0;
};

class Workload {
 public:
  Workload(std::vector<std::string> addresses, std::size_t clients, std::uint32_t seed);
  ~Workload();
  // Ends the clients after the operations in hand.
  Record stop();

 private:
  void run(std::size_t client, std::uint32_t seed);

  const std::vector<std::string> addresses_;
  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> next_value_{1};
  std::mutex mutex_;
  Record record_;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::test
