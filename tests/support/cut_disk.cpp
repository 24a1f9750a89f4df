#include "support/cut_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/cut_disk_vfs.hpp"

namespace millrace::test {

namespace {

constexpr std::uint64_t sector = 512;

std::string read_real(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream octets;
  octets << in.rdbuf();
  return octets.str();
}

}  // namespace

CutDisk::CutDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(new sqlite3_vfs) {
  static std::atomic<int> count{0};
  name_ = "cut-disk-" + std::to_string(++count);
  fill_vfs(*vfs_, *this, name_.c_str());
  sqlite3_vfs_register(vfs_.get(), 0);
}

CutDisk::~CutDisk() { sqlite3_vfs_unregister(vfs_.get()); }

void CutDisk::cut_in(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  armed_ = true;
  left_ = operations;
  cut_ = operations == 0;
}

bool CutDisk::is_cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

std::uint64_t CutDisk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

std::uint64_t CutDisk::opens() const {
  const std::lock_guard lock(mutex_);
  return opens_;
}

void CutDisk::set_full(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

void CutDisk::set_unreachable(bool unreachable) {
  const std::lock_guard lock(mutex_);
  unreachable_ = unreachable;
}

void CutDisk::fail_syncs(int count) {
  const std::lock_guard lock(mutex_);
  failing_syncs_ = count;
}

int CutDisk::before_read() {
  const std::lock_guard lock(mutex_);
  return cut_ || unreachable_ ? SQLITE_IOERR_READ : SQLITE_OK;
}

int CutDisk::before_change(bool grows, bool syncs) {
  const std::lock_guard lock(mutex_);
  if (armed_ && !cut_ && left_-- <= 1) cut_ = true;
  if (cut_ || unreachable_) return SQLITE_IOERR_WRITE;
  ++operations_;
  if (grows && full_) return SQLITE_FULL;
  if (syncs && failing_syncs_ > 0) {
    --failing_syncs_;
    return SQLITE_IOERR_FSYNC;
  }
  return SQLITE_OK;
}

void CutDisk::opened(const std::string& path, bool existed) {
  const std::lock_guard lock(mutex_);
  auto [found, fresh] = files_.try_emplace(path);
  if (fresh && existed) found->second = {true, read_real(path), {}, 0, false};
  if (found->second.deleted) {
    // Made anew under the old name: the old octets may still be what survives.
    found->second.since.push_back({0, {}, true});
    found->second.deleted = false;
  }
  ++found->second.open;
  ++opens_;
}

void CutDisk::closed(const std::string& path) {
  const std::lock_guard lock(mutex_);
  File& file = files_[path];
  --file.open;
  if (file.open == 0 && file.durable && file.since.empty() && !file.deleted) files_.erase(path);
}

void CutDisk::written(const std::string& path, Write write) {
  const std::lock_guard lock(mutex_);
  files_[path].since.push_back(std::move(write));
}

void CutDisk::synced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  File& file = files_[path];
  for (const Write& write : file.since) apply(file.synced, write);
  file.since.clear();
  file.durable = true;
}

void CutDisk::removed(const std::string& path, bool synced_too) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (synced_too) {
    files_.erase(path);
  } else if (found != files_.end()) {
    found->second.deleted = true;
  }
}

void CutDisk::apply(std::string& octets, const Write& write) {
  if (write.truncates) return octets.resize(write.at);
  if (octets.size() < write.at + write.octets.size()) octets.resize(write.at + write.octets.size());
  octets.replace(write.at, write.octets.size(), write.octets);
}

void CutDisk::apply_torn(std::string& octets, const Write& write, std::mt19937_64& random) {
  const std::uint64_t fate = random() % 5;
  if (fate < 2) return apply(octets, write);
  if (fate < 4 || write.truncates) return;
  for (std::uint64_t done = 0; done < write.octets.size();) {
    const std::uint64_t at = write.at + done;
    const std::uint64_t size = std::min(sector - at % sector, write.octets.size() - done);
    if (random() % 2 == 0) apply(octets, {at, write.octets.substr(done, size), false});
    done += size;
  }
}

void CutDisk::power_on(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  for (auto& [path, file] : files_) {
    for (const Write& write : file.since) apply_torn(file.synced, write, random);
    const bool there = file.durable ? !file.deleted || random() % 2 == 0 : random() % 2 == 0;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (there) std::ofstream(path, std::ios::binary) << file.synced;
    std::filesystem::remove(path + "-shm", ignored);  // shared memory does not outlive power
  }
  files_.clear();
  armed_ = cut_ = false;
}

}  // namespace millrace::test
