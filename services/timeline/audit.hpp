// Audit: the room of what the platform told for the audit, and its file. What is taken in is on the
// disk before its teller is answered; many that come at once are written together. While the file
// cannot be used (full disk, damage, another process, a newer format) it goes on in memory, says
// so, and tries again: whatever is wrong takes the same way, to open the file anew and to write
// what it lacks. Owned by TimelineService. Thread safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "journal/audit_file.hpp"
#include "services/timeline/audit_room.hpp"
#include "statekit/clock.hpp"

namespace millrace::timeline {

struct AuditOptions {
  using File = statekit::JournalResult<std::unique_ptr<journal::AuditFile>>;

  AuditLimits limits;
  std::function<File()> open;  // null: it is kept in memory, and nothing is wrong with that
  // Told of changes of condition, for the log: why it is in memory only; empty: it is not any more.
  std::function<void(const std::string& why)> note = [](const std::string&) {};
  std::int64_t retry_ms = 5'000;
  // A disk that takes longer than this for a write is not waited for by who comes after.
  std::int64_t stuck_ms_max = 1'000;
};

struct AuditFigures {
  AuditGone done_gone, denied_gone;
  std::size_t done_events = 0, denied_events = 0;
  std::size_t bytes = 0;
  std::size_t unwritten = 0;  // that are kept and not on the disk
  std::string memory_only;    // why what is new is not on the disk; empty: it is
};

struct AuditPage {
  std::vector<EventPtr> events;  // newest first
  std::uint64_t oldest_id = 0;
  AuditFigures figures;
};

class Audit {
 public:
  // Reads what is on the disk before it returns.
  Audit(const statekit::Clock& clock, AuditOptions options);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  // Calls `then` once, when they are on the disk or will not be for now; on this or its own thread.
  // REQUIRES: they are of the audit.
  void add(std::vector<TimelineEvent> events, std::function<void()> then);

  AuditPage query(const Filter& filter, const std::string& who, std::uint64_t before_id,
                  const PageLimits& limits) const;
  AuditFigures figures() const;

  void stop();  // writes what waits; idempotent

 private:
  using Ids = AuditRoom::Ids;
  using Told = std::vector<std::function<void()>>;
  struct Batch {
    journal::AuditNote note;
    std::vector<EventPtr> added;
    Ids removed;
    Told told;
  };

  void run();
  void attach();
  // These hold mutex_.
  void reconcile(const journal::AuditNote& note, std::vector<TimelineEvent> on_disk);
  bool is_as_left(const journal::AuditNote& note, const std::vector<TimelineEvent>& on_disk) const;
  void move_to(const journal::AuditNote& note, std::vector<TimelineEvent> on_disk);
  void put(TimelineEvent event);
  Batch take_batch();
  bool has_work() const;
  bool is_stuck() const;
  AuditFigures figures_now() const;
  // Without it.
  void write(Batch batch);
  void give_up(const std::string& why);
  void all_is_well();

  const statekit::Clock& clock_;
  const AuditOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  AuditRoom room_;
  std::string attached_;               // which file the room's ids are of
  bool writable_ = false;              // file_ is there; only the thread changes it
  std::set<std::uint64_t> unwritten_;  // of the room, not yet handed to the file
  Ids removed_;              // that the file has, or is being handed, and the room has not
  std::size_t in_hand_ = 0;  // events that are being written
  std::optional<statekit::MonoMs> writing_since_;
  Told waiting_;
  std::string why_;
  bool stopping_ = false;

  std::unique_ptr<journal::AuditFile> file_;  // the thread's own
  std::thread thread_;
};

}  // namespace millrace::timeline
