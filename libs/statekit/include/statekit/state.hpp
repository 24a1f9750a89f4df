// What a state is, for Machine, Projection and Follower. A state is a plain value: it folds
// commits, it can be rebuilt from a snapshot, it answers const questions. It reads no clock, draws
// no random number, takes no lock, and `apply` never refuses.
//
// Laws, tested for every state: folding events equals restoring the snapshot of that fold;
// decode(encode(x)) == x; two folds of the same commits are equal.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

// What is true of a whole commit.
struct CommitMeta {
  Revision revision = 0;
  WallMs time_ms = 0;  // max(now, the previous commit's time)
  std::string author;  // the principal whose command it was
  std::string reason;  // why, in the author's words; may be empty
  bool operator==(const CommitMeta&) const = default;
};

// The events of one accepted command. In a follower, events that it may not see are left out.
template <class Event>
struct Commit {
  CommitMeta meta;
  std::vector<Event> events;
  bool operator==(const Commit&) const = default;
};

// How events and snapshots become bytes. Static functions only.
//   encode(Event) -> Bytes                         decode_event(BytesView) -> Result<Event>
//   encode_header(CommitMeta) -> Bytes             decode_header(BytesView) -> Result<CommitMeta>
//   encode_snapshot(Snapshot) -> vector<Bytes>     decode_snapshot(vector<Bytes>) ->
//   Result<Snapshot>
// decode_event answers Code::unimplemented for an event kind that this binary does not know. A
// codec may say in `feature_level` which events it knows; followers tell it to the server.
// Snapshot parts are at most snapshot_part_bytes_max each.
template <class C>
concept Codec = requires(const typename C::Event& event, const typename C::Snapshot& snapshot,
                         const CommitMeta& meta, BytesView bytes, const std::vector<Bytes>& parts) {
  { C::encode(event) } -> std::same_as<Bytes>;
  { C::decode_event(bytes) } -> std::same_as<Result<typename C::Event>>;
  { C::encode_header(meta) } -> std::same_as<Bytes>;
  { C::decode_header(bytes) } -> std::same_as<Result<CommitMeta>>;
  { C::encode_snapshot(snapshot) } -> std::same_as<std::vector<Bytes>>;
  { C::decode_snapshot(parts) } -> std::same_as<Result<typename C::Snapshot>>;
};

// A state that a Projection can hold.
//   apply(Commit)      REQUIRES: commit.meta.revision == revision() + 1
//   restore(Snapshot)  replaces everything; the snapshot carries its revision
//   digest()           an incremental, order-free hash of the entries; equal states have equal
//   digests
template <class S>
concept FollowerState = std::default_initializable<S> && std::copyable<S> &&
    std::equality_comparable<S> &&
    requires(S& state, const S& fixed, const Commit<typename S::Event>& commit,
             const typename S::Snapshot& snapshot) {
  state.apply(commit);
  state.restore(snapshot);
  { fixed.revision() } -> std::same_as<Revision>;
  { fixed.digest() } -> std::same_as<std::uint64_t>;
};

// The state behind a Machine can also be written down.
template <class S>
concept MachineState = FollowerState<S> && requires(const S& fixed) {
  { fixed.snapshot() } -> std::same_as<typename S::Snapshot>;
};

}  // namespace millrace::statekit
