// Judges a recorded concurrent history of appends and head reads: is there an order of them all,
// each at one instant between its call and its return, in which every head is the newest append
// before it? Since revisions only grow, it is enough to look at neighbours in time. Values; record
// from one thread into its own list and join the lists.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "statekit/types.hpp"

namespace millrace::test {

struct Happening {
  using Time = std::chrono::steady_clock::time_point;
  bool append = false;  // else a read of the head
  Time called;
  Time returned;
  statekit::Revision last = 0;  // an append: the last revision it wrote
  statekit::Digest digest;
};

// Null when the history is linearizable, else what contradicts it.
inline std::optional<std::string> contradiction(const std::vector<Happening>& history) {
  std::map<statekit::Revision, const Happening*> appends;
  for (const Happening& each : history)
    if (each.append && !appends.emplace(each.last, &each).second)
      return "two appends wrote revision " + std::to_string(each.last);
  for (const Happening& head : history) {
    if (head.append) continue;
    const std::string named = "a head at revision " + std::to_string(head.last);
    const auto written = appends.find(head.last);
    if (head.last != 0 && written == appends.end()) return named + " that no append wrote";
    if (head.last != 0 && written->second->called > head.returned)
      return named + " before that was appended";
    if (head.last != 0 && written->second->digest != head.digest)
      return named + " has another digest than its append";
    for (const Happening& earlier : history)
      if (earlier.returned < head.called && earlier.last > head.last)
        return named + " after " + (earlier.append ? "an append" : "a head") + " of " +
               std::to_string(earlier.last) + " had returned";
  }
  return std::nullopt;
}

}  // namespace millrace::test
