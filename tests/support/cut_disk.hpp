// A disk under SQLite that can lose power, fill up and fail: a VFS that passes everything on to
// SQLite's own and remembers, for each file, what was synced and which writes came after. When the
// power comes back the files hold what was synced, and of each later write all, nothing or some
// sectors, as the seed says. For tests. Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace millrace::test {

class CutDisk {
 public:
  CutDisk();
  CutDisk(const CutDisk&) = delete;
  ~CutDisk();  // REQUIRES: no file of it is open

  // To be named when a database is opened.
  const std::string& vfs() const { return name_; }

  // The power goes after this many more writes, syncs and deletions; 0: at once. From then on every
  // operation fails.
  void cut_in(std::uint64_t operations);
  bool is_cut() const;
  // How many writes, syncs and deletions there were so far.
  std::uint64_t operations() const;
  // How many times a file was opened so far.
  std::uint64_t opens() const;
  // REQUIRES: no file of it is open. Puts on the real disk what survived.
  void power_on(std::uint64_t seed);

  // While set, writes that make a file grow fail as on a full disk.
  void set_full(bool full);
  // While set, every operation fails with an I/O error, but nothing is lost.
  void set_unreachable(bool unreachable);
  // The next so many syncs fail, though the writes before them stand.
  void fail_syncs(int count);

  struct Write {
    std::uint64_t at = 0;
    std::string octets;
    bool truncates = false;  // to `at`
  };
  struct File {
    bool durable = false;  // its name was synced
    std::string synced;
    std::vector<Write> since;
    int open = 0;
    bool deleted = false;  // but the deletion was not synced
  };

  // For the VFS: 0, or the SQLite code with which the operation is to fail.
  int before_read();
  int before_change(bool grows, bool syncs);
  File& file(const std::string& path) { return files_[path]; }
  void opened(const std::string& path, bool existed);
  void closed(const std::string& path);
  void written(const std::string& path, Write write);
  void synced(const std::string& path);
  void removed(const std::string& path, bool synced_too);
  sqlite3_vfs* real() const { return real_; }

 private:
  static void apply(std::string& octets, const Write& write);
  static void apply_torn(std::string& octets, const Write& write, std::mt19937_64& random);

  std::string name_;
  sqlite3_vfs* real_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  mutable std::recursive_mutex mutex_;
  std::map<std::string, File> files_;
  bool armed_ = false;
  bool cut_ = false;
  bool full_ = false;
  bool unreachable_ = false;
  int failing_syncs_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t opens_ = 0;
};

}  // namespace millrace::test
