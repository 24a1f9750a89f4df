// FairAllowance: an allowance for each name and one for all of them together, so that who floods
// uses up their own. It remembers so many names at most, and lets go of the one that has been quiet
// the longest. Pure: time is an argument. A value; one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "statekit/allowance.hpp"

namespace millrace::statekit {

struct FairAllowanceLimits {
  std::int64_t burst_max = 50;  // of each name: at once, then so many a second
  std::int64_t per_second_max = 5;
  std::int64_t all_burst_max = 500;  // of all names together
  std::int64_t all_per_second_max = 50;
  std::size_t names_max = 1'024;
};

class FairAllowance {
 public:
  explicit FairAllowance(const FairAllowanceLimits& limits = {})
      : limits_(limits), all_(limits.all_burst_max, limits.all_per_second_max) {}

  // False: nothing is left at `now`, of its own or of what is for all.
  bool take(const std::string& name, MonoMs now) {
    if (names_.size() >= limits_.names_max && !names_.contains(name)) forget_quietest();
    const auto at =
        names_.try_emplace(name, Name{{limits_.burst_max, limits_.per_second_max}, now});
    Name& mine = at.first->second;
    mine.last = now;
    return mine.allowance.take(now) && all_.take(now);
  }

  std::size_t size() const { return names_.size(); }

 private:
  struct Name {
    Allowance allowance;
    MonoMs last;
  };

  void forget_quietest() {
    const auto quietest = std::min_element(
        names_.begin(), names_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
    if (quietest != names_.end()) names_.erase(quietest);
  }

  FairAllowanceLimits limits_;
  Allowance all_;
  std::unordered_map<std::string, Name> names_;
};

}  // namespace millrace::statekit
