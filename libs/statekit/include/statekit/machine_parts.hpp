// The parts of a Machine that know no Model: limits, the words of its answers, and what it checks
// of a journal. Callers: MachineCore; services read the structs. Thread safety is said at each.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::statekit {

// Who asks, why, when: everything that is not in the command itself.
struct CommandMeta {
  std::string principal = "anonymous";
  std::string reason;
  WallMs now_ms = 0;    // the caller's clock when it took the command in
  std::string token;    // idempotency token; empty: none
  Digest request_hash;  // of the request that the token belongs to
};

template <class Event>
struct Decision {
  std::vector<Event> events;        // empty: nothing to do, nothing is appended
  std::optional<Revision> earlier;  // the token was seen before: this commit was its answer
};

struct Committed {
  Revision revision = 0;  // the commit's; for an empty decision, the state's
  WallMs time_ms = 0;     // 0 for an earlier commit
  bool repeated = false;  // true: an earlier commit with the same token was the answer
  bool operator==(const Committed&) const = default;
};

struct MachineLimits {
  std::size_t queue_max = 4'096;  // commands that wait; one more is ResourceExhausted
  std::size_t group_commands_max = 256;
  std::size_t group_entries_max = append_entries_max;
  std::size_t group_bytes_max = append_bytes_max;
  int conflict_retries_max = 16;
  // Others append as well: the head is looked at before anything is answered without a write, so
  // that nothing is refused, and no token missed, because of a commit that was acknowledged
  // elsewhere.
  bool shared = false;
  std::int64_t append_ms_max = 5'000;
  std::int64_t settle_pause_ms = 50;     // between attempts to settle an unknown append
  std::int64_t recover_pause_ms = 200;   // between attempts to rebuild
  std::int64_t poll_ms = 1'000;          // how often an idle machine looks at the head
  Revision snapshot_interval = 10'000;   // commits from one snapshot to the next, at least,
  Revision snapshot_stretch = 10;        // and at most so many times that, while they are small
  std::size_t read_entries_max = 1'024;  // of one read while catching up
  std::size_t read_bytes_max = std::size_t{8} << 20;
};

struct MachineStats {
  std::uint64_t commits = 0;
  std::uint64_t groups = 0;
  std::uint64_t refused = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t unknowns = 0;
  std::uint64_t rebuilds = 0;
  std::uint64_t snapshots = 0;
  bool operator==(const MachineStats&) const = default;
};

// What a step left to do.
struct StepReport {
  bool more = false;         // step again (after wait_ms)
  std::int64_t wait_ms = 0;  // a pause that the core asks for
};

// Told of changes of a machine's condition, for the log: ("machine.rebuilt", "at revision 7").
// Called on the machine's thread; must not block.
using MachineNote = std::function<void(std::string_view event, std::string_view detail)>;

// Where a published state stands, and the digests of the revisions just before. Thread safe.
class PositionTrail {
 public:
  void reset(const SnapshotHeader& at);
  void advance(const SnapshotHeader& at);
  SnapshotHeader current() const;
  // None when it is too long ago (1,024 commits).
  std::optional<SnapshotHeader> at(Revision revision) const;

 private:
  static constexpr std::size_t trail_max = 1'024;
  mutable std::mutex mutex_;
  std::deque<SnapshotHeader> trail_{SnapshotHeader{}};
};

// Ok when the journal still holds the history that `known` is a point of. FailedPrecondition
// (`journal rewound: ...`) when it does not: another incarnation, an earlier head, another digest.
Status check_same_history(Journal& journal, const Head& head, const Position& known);

// The newest snapshot at or before `at_most` with its digest checked against its own header, all
// parts in memory; none when there is none.
Result<std::optional<std::vector<Bytes>>> read_snapshot(Journal& journal, Revision at_most);

std::size_t bytes_of(const std::vector<Bytes>& parts);

// Stores `parts` under their position.
Status save_parts(Journal& journal, const SnapshotParts& parts);

// DataLoss when `entry` does not follow `previous` in the digest chain.
Status check_chain(const Position& previous, const Entry& entry);

// True for errors after which a machine must not carry on by itself.
bool is_fatal(const Error& error);

}  // namespace millrace::statekit
