// Looks after what etcd needs of its operators: members that are up, room below its quota, a
// compaction of its own, a defragmentation now and then. Called by one thread of the driver.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "layout.hpp"

namespace millrace::journal::etcd {

using Warnings = std::vector<statekit::JournalWarning>;

class Upkeep {
 public:
  Upkeep(const Keys& keys, std::uint64_t quota_bytes) : keys_(keys), quota_bytes_(quota_bytes) {}
  // One line for people for each thing that is wrong; empty: all is well.
  Warnings look(Client& client, std::int64_t deadline_ms);

 private:
  struct Sample {
    std::int64_t revision = 0;
    std::chrono::steady_clock::time_point seen;
  };
  // Whether etcd can still answer as of that revision of its own.
  bool still_kept(Client& client, std::int64_t revision, std::int64_t deadline_ms) const;
  bool never_compacts(Client& client, std::int64_t deadline_ms);

  const Keys& keys_;
  const std::uint64_t quota_bytes_;
  std::optional<Sample> sample_;
  bool uncompacted_ = false;
};

// What one endpoint's figures mean. Pure.
Warnings judge(const EndpointStatus& status, std::uint64_t quota_bytes);

}  // namespace millrace::journal::etcd
