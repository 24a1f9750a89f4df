// The words of the feed, between a schema replica and a follower, free of any transport
// (design: docs/architecture.md; on the wire: SchemaService.Subscribe). Values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "statekit/broadcast.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

// At every so many revisions a follower reports a digest of its own state.
inline constexpr Revision state_digest_interval = 64;

// The follower's first message.
struct Hello {
  std::string kind;                  // "routing", "ingress", "console", "timeline", ...
  std::string instance;              // unique among the live followers of a kind
  std::uint32_t format = 1;          // of the follower's state digest
  std::optional<Position> position;  // where it stands; none: it has no state yet
  std::uint32_t feature_level = 0;   // the newest that it can read; 0: it does not tell
  // Without `position`: where one stands that wants a snapshot all the same, and none older.
  std::optional<Position> snapshot_from = {};
  bool operator==(const Hello&) const = default;
};

// Calls in flight, by deployment, to those that get no new ones.
using DrainingCalls = std::map<std::string, std::uint64_t>;

// What the follower has applied. Sent at least once for each message that it got.
struct Ack {
  Revision revision = 0;
  Digest journal_digest;
  std::optional<std::uint64_t> state_digest;  // at every 64th revision
  // As of `revision`, of a follower that routes calls; one that is not named has none.
  std::optional<DrainingCalls> draining = {};
  bool operator==(const Ack&) const = default;
};

struct SnapshotPart {
  Position position;  // of the whole snapshot
  std::uint32_t index = 0;
  bool last = false;
  std::shared_ptr<const Bytes> data;  // never null; the part with index 0 is the SnapshotHeader
};

struct Commits {
  std::vector<FeedCommit> commits;  // contiguous; never half a commit
};

// Each second when nothing else was sent.
struct Heartbeat {
  Position head;
};

using FeedMessage = std::variant<SnapshotPart, Commits, Heartbeat>;

}  // namespace millrace::statekit
