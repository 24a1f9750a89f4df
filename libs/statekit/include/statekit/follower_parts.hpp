// FeedFollower: the part of a FollowerCore that knows no state: what it says in its hello, how it
// checks messages, what it acknowledges, how long it waits after trouble, how it is. Driven by one
// thread; status() and position() from any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/envelope.hpp"
#include "statekit/feed.hpp"
#include "statekit/result.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::statekit {

struct FollowerIdentity {
  std::string kind;
  std::string instance;
  std::uint32_t format = 1;
  std::uint32_t feature_level = 0;  // the newest that it can read; by its codec, where that has one
};

struct FollowerLimits {
  std::int64_t backoff_ms_min = 100;
  std::int64_t backoff_ms_max = 5'000;
  MonoMs silence_ms_max = 3'000;  // without a message this long, the feed counts as lost
  std::size_t snapshot_bytes_max = std::size_t{1} << 30;
};

enum class FollowerPhase {
  empty,  // never had a state: not ready
  live,   // follows the feed
  stale,  // has a state, but no feed: still ready
};
std::string_view name_of(FollowerPhase phase);

struct FollowerStatus {
  FollowerPhase phase = FollowerPhase::empty;
  std::optional<Position> position;
  Revision head = 0;    // the server's, as far as it was heard
  MonoMs age_ms = 0;    // since the feed was last heard; 0 while live
  std::string reason;   // of not being live
  std::string warning;  // such as a cache that cannot be written
  std::uint64_t snapshots = 0;
  std::uint64_t commits = 0;
  std::uint64_t reconnects = 0;
};

class FeedFollower {
 public:
  virtual ~FeedFollower() = default;
  FeedFollower(const FeedFollower&) = delete;
  FeedFollower& operator=(const FeedFollower&) = delete;

  // What to say first on a new stream.
  Hello hello() const;
  // The acknowledgements to send, at least one. An error: drop the stream, ask on_disconnected.
  Result<std::vector<Ack>> on_message(const FeedMessage& message, MonoMs now);
  // Milliseconds to wait before the next connection: doubles up to the cap, then is spread over its
  // upper half by `jitter` (0 to 1, drawn by the caller).
  std::int64_t on_disconnected(const Error& why, MonoMs now, double jitter);

  FollowerStatus status(MonoMs now) const;
  std::optional<Position> position() const;
  const FollowerLimits& limits() const { return limits_; }

 protected:
  FeedFollower(FollowerIdentity identity, FollowerLimits limits);

  virtual Status take_snapshot(std::vector<Bytes> parts) = 0;
  virtual Status take_commit(const FeedCommit& commit) = 0;
  virtual std::uint64_t state_digest() const = 0;

  // Within an incarnation a state never goes back.
  Status check_forward(const Position& position) const;
  // The next revision, with the digest that the chain demands.
  Result<Envelope> check_next(const FeedCommit& commit) const;
  void set_position(Position position);
  void forget_position();
  void want_snapshot();
  void note_cache(const Status& written);

 private:
  Status on(const SnapshotPart& part, std::vector<Ack>& acks);
  Status on(const Commits& commits, std::vector<Ack>& acks);
  Status on(const Heartbeat& heartbeat, std::vector<Ack>& acks);
  Ack ack(bool with_state) const;
  void heard(Revision head, MonoMs now);

  const FollowerIdentity identity_;
  const FollowerLimits limits_;
  std::vector<Bytes> parts_;  // of a snapshot that is arriving
  Position parts_position_;
  std::size_t parts_bytes_ = 0;
  bool snapshot_wanted_ = false;
  int failures_ = 0;

  mutable std::mutex mutex_;
  std::optional<Position> position_;
  FollowerStatus status_;
  std::optional<MonoMs> heard_ms_;
};

}  // namespace millrace::statekit
