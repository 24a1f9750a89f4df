// Bytes as they were written when their format was released: a text file with `NAME HEX` on each
// line. A line is added, never changed and never taken away: what a disk holds cannot be changed
// either. MILLRACE_FREEZE=1 adds the lines that are missing. One thread.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "statekit/types.hpp"

namespace millrace::test {

inline std::string to_hex(const statekit::Bytes& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    const auto octet = static_cast<unsigned char>(each);
    text += digits[octet >> 4U];
    text += digits[octet & 15U];
  }
  return text;
}

inline statekit::Bytes from_hex(const std::string& digits) {
  statekit::Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

class Frozen {
 public:
  explicit Frozen(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string name, digits; file >> name >> digits;) bytes_[name] = from_hex(digits);
  }

  // What is frozen as `name`; nothing where nothing is. `now`: what today's code writes.
  std::optional<statekit::Bytes> of(const std::string& name, const statekit::Bytes& now) {
    const auto found = bytes_.find(name);
    if (found != bytes_.end()) return found->second;
    if (std::getenv("MILLRACE_FREEZE") == nullptr) return std::nullopt;
    std::ofstream(path_, std::ios::app) << name << ' ' << to_hex(now) << '\n';
    return bytes_[name] = now;
  }

  std::string advice(const std::string& name) const {
    return name + " has no frozen bytes: run this test with MILLRACE_FREEZE=1 and commit " + path_;
  }

 private:
  std::string path_;
  std::map<std::string, statekit::Bytes> bytes_;
};

}  // namespace millrace::test
