// That the disk of a store was full at its last write, for as long as it seems to be. Used by the
// SQLite driver. Thread safe.
#pragma once

#include <sys/statvfs.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "statekit/journal.hpp"

namespace millrace::journal {

class DiskRoom {
 public:
  // After a write that was refused for want of room, and after one that was not.
  void was_missing(const std::string& path) { free_then_ = free_bytes(path); }
  void was_there() { free_then_ = unknown; }

  // Room that was made shows before anybody writes again.
  std::vector<statekit::JournalWarning> warnings(const std::string& path) const {
    const std::int64_t then = free_then_;
    if (then == unknown || free_bytes(path) >= then + made_bytes_min) return {};
    return {{path + ": the disk is full: free some space on it", true}};
  }

 private:
  static constexpr std::int64_t unknown = -1;
  static constexpr std::int64_t made_bytes_min = 256 << 10;

  static std::int64_t free_bytes(const std::string& path) {
    struct statvfs disk {};
    if (::statvfs(path.c_str(), &disk) != 0) return 0;
    return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  }

  std::atomic<std::int64_t> free_then_ = unknown;
};

}  // namespace millrace::journal
