// The one source of chance in a simulation: splitmix64, so that a seed means the same run on every
// machine and compiler. A value, free of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t roll() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(roll() % limit); }
  bool percent(std::size_t chance) { return below(100) < chance; }
  double fraction() { return static_cast<double>(roll() >> 11) / 9007199254740992.0; }
  std::string key(std::string_view front) {
    static constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::string text(front);
    for (int i = 0; i < 10; ++i) text += digits[below(digits.size())];
    return text;
  }

 private:
  std::uint64_t state_;
};

}  // namespace millrace::sim
