// Who breaks things: a thread's worth of faults chosen from a seed, one or two at a time, each
// undone after a while. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "tests/faults/cluster.hpp"

namespace millrace::test {

class Nemesis {
 public:
  Nemesis(Cluster& cluster, std::uint32_t seed) : cluster_(cluster), random_(seed) {}

  // Breaks and mends for so long, then heals everything. What was done, by name.
  std::map<std::string, int> rage(std::chrono::seconds duration);

 private:
  std::string strike();
  std::size_t any() { return random_() % nodes; }

  Cluster& cluster_;
  std::mt19937 random_;
  std::function<void()> undo_;
};

}  // namespace millrace::test
