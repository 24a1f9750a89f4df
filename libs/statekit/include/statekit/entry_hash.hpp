// What one entry adds to a state's digest: FNV-1a over its fields with their lengths, spread over
// all 64 bits, so that the sum over all entries is a hash of the set, in any order. States use it
// for FollowerState::digest. Not for adversaries. A value, free of threads.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::statekit {

class EntryHash {
 public:
  EntryHash& add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) mix(static_cast<std::uint8_t>(c));
    return *this;
  }
  EntryHash& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  template <class List>
  EntryHash& add_all(const List& texts) {
    add(std::uint64_t{texts.size()});
    for (const auto& text : texts) add(std::string_view(text));
    return *this;
  }
  std::uint64_t value() const {
    std::uint64_t x = hash_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }

 private:
  void mix(std::uint8_t octet) { hash_ = (hash_ ^ octet) * 0x100000001b3U; }
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace millrace::statekit
