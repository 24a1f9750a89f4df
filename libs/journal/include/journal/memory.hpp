// The memory driver: a journal that lives as long as its MemoryStore. Several handles over one
// store act as several processes would; dropping a handle and making another is a restart. Faults
// make a handle fail the way a disk or a network does, so that what stands above can be tested.
// Thread safe. Errors: JournalError.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "statekit/journal.hpp"

namespace millrace::journal {

// What a store holds; opaque.
class MemoryStore;
std::shared_ptr<MemoryStore> make_memory_store();

enum class AppendFault {
  none,
  before_write,  // answers `unknown`, nothing is stored
  after_write,   // answers `unknown`, all is stored
  late_write,    // answers `unknown`; stored when anybody next calls append, if it still fits
  conflict,      // answers `conflict` although the head is where it was expected
  unavailable,   // answers `unavailable`, nothing is stored
  disk_full,     // the same, as a full disk words it
};

// The faults of one handle. Shared by the test and the journal; thread safe.
class Faults {
 public:
  using Chooser = std::function<AppendFault(statekit::Revision, std::span<const statekit::Entry>)>;

  // The next `times` appends fail so; queued behind what was asked before.
  void next(AppendFault fault, std::size_t times = 1);
  // Asked for each append that finds the queue empty. Null: none.
  void choose(Chooser chooser);
  // Called in each append before it takes the store, without any lock: block as long as you like.
  void slow(std::function<void()> pause);
  // While set, every call answers `unavailable`.
  void set_unavailable(bool unavailable);
  // While set, every write answers `unavailable`, as a full disk words it.
  void set_disk_full(bool full);

  // For the driver.
  AppendFault take(statekit::Revision expected_last, std::span<const statekit::Entry> entries);
  void pause() const;
  bool unavailable() const;
  bool disk_full() const;

 private:
  mutable std::mutex mutex_;
  std::deque<AppendFault> queue_;
  Chooser chooser_;
  std::function<void()> pause_;
  bool unavailable_ = false;
  bool disk_full_ = false;
};

// A handle, to be opened. Null `store`: a fresh one. Null `faults`: none.
std::unique_ptr<statekit::Journal> make_memory_journal(std::shared_ptr<MemoryStore> store = nullptr,
                                                       std::shared_ptr<Faults> faults = nullptr);

}  // namespace millrace::journal
