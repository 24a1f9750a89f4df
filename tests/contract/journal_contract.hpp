// What every journal driver must pass: one list of cases, run on each driver of
// journal_drivers.cpp. A case gets a fresh store, opens handles on it, and may ask the store for
// faults that the driver said it can make. To add a driver: one line there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "statekit/journal.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

namespace millrace::contract {

using namespace statekit;
using namespace test;

// What a case needs of a driver, as bits.
enum Need : unsigned {
  nothing = 0,
  own_process = 1,  // the store outlives a process that is killed
  file = 2,         // the store is a file that can be damaged
  disk_full = 4,
  lost_answer = 8,
  unreachable = 16,
  one_process = 32,  // one process at a time may write
};

class Store {
 public:
  virtual ~Store() = default;
  // A new handle on this store, not yet opened.
  virtual std::unique_ptr<Journal> handle() = 0;

  // With `file`: where it is. REQUIRES: no handle is open.
  virtual std::string path() const { return {}; }
  // With `own_process`, where the store is in another process: how that is reached.
  virtual std::string url() const { return {}; }
  // With `file`: makes the store claim a format that nobody knows yet.
  virtual void claim_newer_format() {}
  // With `disk_full`, for every handle from now on.
  virtual void fill_disk(bool) {}
  // With `lost_answer`: the next append of any handle ends unknown.
  virtual void lose_next_answer() {}
  // With `unreachable`: the engine cannot be reached, by any handle.
  virtual void set_unreachable(bool) {}
};

struct Driver {
  std::string name;
  unsigned can = nothing;
  // A fresh store; `needs` says which faults will be asked for.
  std::function<std::unique_ptr<Store>(unsigned needs)> fresh;
};

// The drivers of this build; with MILLRACE_JOURNAL_MUTANT set, that broken one alone.
std::vector<Driver> drivers();
// Those that are whole, whatever the environment says.
std::vector<Driver> whole_drivers();

struct Case {
  std::string name;      // as the documents call it
  std::string sentence;  // what it holds
  unsigned needs = nothing;
  std::function<void(Store&)> run;
};

std::vector<Case> open_cases();
std::vector<Case> append_cases();
std::vector<Case> concurrent_cases();
std::vector<Case> read_cases();
std::vector<Case> snapshot_cases();
std::vector<Case> wait_cases();
std::vector<Case> fill_cases();
std::vector<Case> fault_cases();
std::vector<Case> damage_cases();

// Long runs are asked for by MILLRACE_LONG.
int rounds(int usual, int thorough);

// An opened handle; the store is made with incarnation_a if it is new.
std::unique_ptr<Journal> opened(Store& store);

// The value, or a failed test that shows the error.
template <class T>
T must(JournalResult<T> result) {
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
  return std::move(*result);
}
inline void must(const JournalResult<void>& result) {
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
}

// That it failed in this way, with a message.
template <class T>
JournalError must_fail(const JournalResult<T>& result, JournalFault fault) {
  REQUIRE_FALSE(result);
  INFO(result.error().message);
  CHECK(static_cast<int>(result.error().fault) == static_cast<int>(fault));
  CHECK_FALSE(result.error().message.empty());
  return result.error();
}

// Appends `count` entries at the head, in groups within the limits; returns them all.
std::vector<Entry> grow(Journal& journal, std::size_t count, const std::string& who = "test");
// All that can be read, in one list.
JournalResult<std::vector<Entry>> read_all(Journal& journal, Revision after = 0);
// The parts of the newest snapshot at or before `at_most`; what it is goes into `revision`.
std::vector<Bytes> load_parts(Journal& journal, Revision at_most, Revision& revision);

}  // namespace millrace::contract
