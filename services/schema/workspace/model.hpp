// What a workspace is made of: a lock, versions of a body, and the facts that change them. Plain
// values for the pure part of the state protocol (docs/http-state.md), free of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/types.hpp"

namespace millrace::workspace {

using statekit::Bytes;
using statekit::Digest;
using statekit::MonoMs;
using statekit::Revision;
using statekit::WallMs;

// Limits that hold for every workspace.
inline constexpr std::size_t name_bytes_max = 128;
inline constexpr std::size_t lock_field_bytes_max = 4'096;  // of each field of a LockInfo
inline constexpr std::size_t part_bytes_max = 900'000;      // a commit holds one such piece
inline constexpr std::size_t uploads_max = 4;               // unfinished; the oldest makes room
inline constexpr std::size_t audit_lines_max = 256;         // the newest are kept
inline constexpr std::int64_t lock_ttl_ms_min = 1'000;      // of a lock that ends by itself
inline constexpr std::int64_t lock_ttl_ms_max = 7 * 86'400'000;

// 1 to 128 of letters, digits, - _ and ., beginning with a letter or digit.
bool is_name(const std::string& text);

// Who holds a lock, in the words of the client that took it.
struct LockInfo {
  std::string id, operation, info, who, version, created, path;
  bool operator==(const LockInfo&) const = default;
};

struct Lock {
  LockInfo info;
  Revision revision = 0;  // that took or renewed it
  WallMs taken_ms = 0;
  std::int64_t ttl_ms = 0;  // 0: until it is released
  bool operator==(const Lock&) const = default;
};

// Where a piece of a body lies in the workspace's journal.
struct Part {
  Revision revision = 0;
  std::uint64_t octets = 0;
  bool operator==(const Part&) const = default;
};

struct Version {
  std::uint64_t number = 0;  // 1, 2, 3, ...
  bool removed = false;      // the state was deleted: there is no body
  std::uint64_t octets = 0;
  Digest sha256;
  std::vector<Part> parts;
  WallMs written_ms = 0;
  std::string author;
  std::string lock_id;              // of the lock that the writer held
  std::uint64_t restored_from = 0;  // 0: it was put
  bool operator==(const Version&) const = default;
};

struct AuditLine {
  Revision revision = 0;
  WallMs time_ms = 0;
  std::string author;
  std::string action;  // lock, renew, unlock, force-unlock, lapse, write, restore, delete, seal
  std::string detail;
  bool operator==(const AuditLine&) const = default;
};

struct Locked {
  LockInfo info;
  std::int64_t ttl_ms = 0;
  bool operator==(const Locked&) const = default;
};
struct LockRenewed {
  std::string id;
  std::int64_t ttl_ms = 0;
  bool operator==(const LockRenewed&) const = default;
};
struct LockReleased {
  std::string id;
  bool forced = false;
  bool operator==(const LockReleased&) const = default;
};
struct LockLapsed {
  std::string id;
  bool operator==(const LockLapsed&) const = default;
};
struct PartStored {
  std::string upload;
  std::uint32_t index = 0;
  Bytes body;
  bool operator==(const PartStored&) const = default;
};
struct Written {
  std::uint64_t number = 0;
  std::uint64_t oldest_kept = 0;
  std::string upload;
  Bytes body;
  std::uint64_t octets = 0;
  Digest sha256;
  std::string lock_id;
  std::uint64_t restored_from = 0;
  bool operator==(const Written&) const = default;
};
struct Removed {
  std::uint64_t number = 0;
  std::uint64_t oldest_kept = 0;
  std::string lock_id;
  bool operator==(const Removed&) const = default;
};
struct Sealed {
  bool operator==(const Sealed&) const = default;
};
using Event = std::variant<Locked, LockRenewed, LockReleased, LockLapsed, PartStored, Written,
                           Removed, Sealed>;

}  // namespace millrace::workspace
