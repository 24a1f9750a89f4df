// The small words that every part shares: bytes, revisions, digests, incarnations, positions.
// Values, free of threads.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::statekit {

using Bytes = std::string;  // opaque octets, not text
using BytesView = std::string_view;

// The number of a commit: 1, 2, 3, ... without gaps. 0 stands before the first.
using Revision = std::uint64_t;

// SHA-256. The journal's digest at revision 0 is all zeroes.
struct Digest {
  std::array<std::uint8_t, 32> octets{};
  auto operator<=>(const Digest&) const = default;
};

std::string hex(const Digest& digest);
// The raw 32 octets, as stored and sent.
Bytes to_bytes(const Digest& digest);
// False when `bytes` is not exactly 32 octets; then `digest` is left as it was.
bool from_bytes(BytesView bytes, Digest& digest);
Digest sha256(BytesView bytes);

// A random id made with a store: 32 lower-case hex digits. Empty: none yet.
using Incarnation = std::string;

// What resume and read-your-writes compare.
struct Position {
  Incarnation incarnation;
  Revision revision = 0;
  Digest digest;
  bool operator==(const Position&) const = default;
};

}  // namespace millrace::statekit
