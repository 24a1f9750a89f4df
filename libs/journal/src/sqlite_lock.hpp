// Who may write a SQLite store: an advisory lock on the file PATH-lock, which goes with the process
// that holds it, however that ends. The handles of one process share it. The file also says who
// that is, for people, and up to where appends were acknowledged: that is written after each
// commit without a sync, so that it outlives the process but is never ahead of what the disk holds.
// An end of the log that is damaged after a kill -9 would else look like a write that never ended.
// Used by the SQLite driver only. Thread safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

class StoreLock {
 public:
  // `alone`: nobody else may hold it. Else any number may who do not want it alone. `unavailable`
  // names who holds it.
  static statekit::JournalResult<std::shared_ptr<StoreLock>> take(const std::string& path,
                                                                  bool alone);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;

  // Who else has it open, in words: nobody, where it is held alone.
  std::string others() const;

  // After an append of this head was made durable.
  void acknowledged(const statekit::Head& head);

 private:
  StoreLock(int fd, bool alone) : fd_(fd), alone_(alone) {}

  const int fd_;
  const bool alone_;
  std::mutex mutex_;
  statekit::Revision marked_ = 0;
};

// Up to where appends were acknowledged; nullopt: that is not known.
struct Mark {
  statekit::Revision revision = 0;
  statekit::Incarnation incarnation;
  statekit::Digest digest;
};
std::optional<Mark> read_mark(const std::string& path);
// `corrupt` when an append past this head, or of other commits at its end, was acknowledged.
// REQUIRES: the mark was read before the head, since another process may be appending.
statekit::JournalResult<void> check_mark(const std::string& path, const std::optional<Mark>& mark,
                                         const statekit::Head& head);
// From now on the store counts as it is.
statekit::JournalResult<void> forget_mark(const std::string& path);

// "process 12 on host since ...", when another process has the store open to write; where several
// may, all of them.
std::optional<std::string> holder_of(const std::string& path);

}  // namespace millrace::journal
