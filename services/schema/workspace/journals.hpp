// The journals that are kept for others (docs/http-journal.md): found by their workspace's name,
// opened when they are asked for, closed when too many are open. Each stands beside the workspace's
// own on the shelf. Called by their service on its workers; blocks on storage. Thread safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "services/schema/workspace/held_journal.hpp"
#include "services/schema/workspace/keeper.hpp"

namespace millrace::workspace {

struct JournalLimits {
  std::size_t open_max = 64;  // while nobody uses them
  std::uint64_t quota_bytes_max = std::uint64_t{512} << 20;
};

class Journals {
 public:
  // Both outlive this.
  Journals(Keeper& keeper, Shelf& shelf, JournalLimits limits)
      : keeper_(keeper), shelf_(shelf), limits_(limits) {}

  // Null: the workspace has none.
  statekit::Result<std::shared_ptr<HeldJournal>> find(const std::string& name);
  // Made with this incarnation where there was none.
  struct Made {
    std::shared_ptr<HeldJournal> held;
    bool is_new = false;
  };
  // `fill`: to be filled by a copy, as statekit::JournalOptions has it.
  statekit::Result<Made> make(const std::string& name, const statekit::Incarnation& incarnation,
                              bool fill = false);

  // Closes that of a workspace that was deleted.
  void forget(Revision id);

 private:
  statekit::Result<std::shared_ptr<HeldJournal>> open(const std::string& name, Revision id,
                                                      const statekit::JournalOptions& options);
  std::shared_ptr<HeldJournal> kept(Revision id);
  void keep(const std::shared_ptr<HeldJournal>& held);

  Keeper& keeper_;
  Shelf& shelf_;
  const JournalLimits limits_;

  std::mutex opening_;  // a journal has one handle here
  std::mutex mutex_;    // of what follows
  struct Use {
    std::shared_ptr<HeldJournal> held;
    std::uint64_t last = 0;
  };
  std::map<Revision, Use> open_;
  std::uint64_t uses_ = 0;
};

}  // namespace millrace::workspace
