// What may be asked of a workspace. Values, made at the edge, decided by decide.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/schema/workspace/model.hpp"

namespace millrace::workspace {

// Names one version of one workspace, also where another of that name was there before.
struct Etag {
  Revision workspace = 0;  // its id in the catalogue
  std::uint64_t number = 0;
  bool operator==(const Etag&) const = default;
};

// What must be so for a change of the body.
struct Guard {
  std::string lock_id;  // shown by the writer; empty: none
  // If-Match: the newest version must be one of these; an empty list is met by none.
  std::optional<std::vector<Etag>> match;
  bool match_any = false;            // If-Match: *
  bool absent_only = false;          // If-None-Match: *
  std::vector<Etag> not_match = {};  // If-None-Match: the newest version must be none of these
  bool operator==(const Guard&) const = default;
};

struct TakeLock {
  LockInfo info;
  std::optional<std::int64_t> ttl_ms;  // none: as it was, or for ever
};
struct ReleaseLock {
  std::optional<std::string> id;  // none: whoever holds it
  bool forced = false;
};
struct StorePart {
  std::string upload;
  std::uint32_t index = 0;
  Bytes body;
};
struct Write {
  Guard guard;
  std::string upload;  // set: the body lies in its parts, else in `body`
  Bytes body;
  std::uint64_t octets = 0;
  Digest sha256;
};
struct Restore {
  Guard guard;
  std::uint64_t number = 0;
};
struct Remove {
  Guard guard;
};
// Deletes the workspace.
struct Seal {
  bool force = false;
};
using Act = std::variant<TakeLock, ReleaseLock, StorePart, Write, Restore, Remove, Seal>;

struct Rules {
  std::size_t versions_max = 50;
  std::uint64_t quota_bytes_max = 512ULL << 20;
};

struct Command {
  Act act;
  // The lock taken or renewed at this revision has been seen for longer than its time to live. The
  // edge says so, since only it has a clock; another lock is not meant. 0: none.
  Revision lapsed = 0;
  Revision workspace = 0;  // the id of this one
  Rules rules;
};

}  // namespace millrace::workspace
