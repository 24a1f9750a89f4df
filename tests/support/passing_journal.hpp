// A journal that passes every call on to another one, for tests that count calls, or change a few
// of them, or exchange the other one beneath a machine.
#pragma once

#include <memory>
#include <utility>

#include "statekit/journal.hpp"

namespace millrace::test {

class PassingJournal : public statekit::Journal {
 public:
  explicit PassingJournal(std::unique_ptr<statekit::Journal> to = nullptr) : now(std::move(to)) {}

  statekit::JournalResult<statekit::Head> open(const statekit::JournalOptions& options) override {
    return now->open(options);
  }
  statekit::JournalResult<statekit::Revision> append(statekit::Revision last,
                                                     std::span<const statekit::Entry> entries,
                                                     statekit::Deadline deadline) override {
    return now->append(last, entries, deadline);
  }
  statekit::JournalResult<statekit::Head> head() override { return now->head(); }
  statekit::JournalResult<std::vector<statekit::Entry>> read(statekit::Revision after,
                                                             std::size_t entries,
                                                             std::size_t bytes) override {
    return now->read(after, entries, bytes);
  }
  statekit::JournalResult<statekit::Head> wait(statekit::Revision after,
                                               statekit::Deadline deadline) override {
    return now->wait(after, deadline);
  }
  statekit::JournalResult<void> save_snapshot(statekit::SnapshotSource source) override {
    return now->save_snapshot(std::move(source));
  }
  statekit::JournalResult<std::unique_ptr<statekit::SnapshotReader>> load_snapshot(
      statekit::Revision at_most) override {
    return now->load_snapshot(at_most);
  }
  statekit::JournalResult<void> compact(statekit::Revision up_to) override {
    return now->compact(up_to);
  }
  void close() override { now->close(); }

  std::unique_ptr<statekit::Journal> now;
};

}  // namespace millrace::test
