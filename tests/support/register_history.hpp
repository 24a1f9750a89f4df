// Judges a recorded history of a register that many clients read and write: is there an order of
// all operations, each at one instant between its call and its return, in which every read sees the
// last write before it? Wing and Gong's search, with the visited configurations remembered (Lowe,
// "Testing for linearizability", 2017). It shares nothing with what it judges. Values, free of
// threads.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace millrace::test {

struct RegisterOp {
  // Of a write whose outcome nobody learned: it may have happened at any time since, or never.
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  bool write = false;
  std::int64_t value = 0;  // written, or seen; each write of a history has a value of its own
  std::int64_t called = 0;
  std::int64_t returned = 0;
  std::string who;  // for the message
};

// Null when the history is linearizable, else the longest way that the search found and what
// stopped it. `initial` is what a read sees before any write.
std::optional<std::string> not_linearizable(std::vector<RegisterOp> history, std::int64_t initial);

}  // namespace millrace::test
