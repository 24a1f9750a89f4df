// The server's side of the feed, free of any transport: FeedHub knows all followers, FeedSession
// says what one of them gets next. The adapter (statekit/io/grpc_feed_server.hpp) carries messages
// and hands in the time. FeedHub is thread safe; a FeedSession is used by one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "statekit/broadcast.hpp"
#include "statekit/clock.hpp"
#include "statekit/feed.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"
#include "statekit/snapshot.hpp"
#include "statekit/state_votes.hpp"

namespace millrace::statekit {

struct FeedLimits {
  std::size_t sessions_max = 4096;
  std::size_t records_max = 8192;  // followers remembered, gone ones included
  std::size_t batch_commits_max = 1024;
  std::size_t batch_bytes_max = std::size_t{1} << 20;
  MonoMs hello_ms_max = 10'000;  // how long a stream may be open and say nothing
  MonoMs heartbeat_ms = 1'000;
  MonoMs live_ms = 3'000;      // live: seen within this
  MonoMs catch_up_ms = 5'000;  // how long one who is ahead of this replica is kept waiting
  // A larger snapshot is not kept for those who come once it was sent.
  std::size_t kept_snapshot_bytes_max = std::size_t{64} << 20;
  Revision tail_max = 4'096;     // with no snapshot encoded yet: a longer tail gets one
  std::size_t checkpoints = 16;  // how many revisions' state digests are compared
};

// What is known of one follower: for `status`, `deploy --wait` and the console.
struct FollowerRecord {
  std::string kind;
  std::string instance;
  std::uint32_t format = 1;
  std::uint32_t feature_level = 0;  // the newest that it can read; 0: it does not tell
  bool connected = false;
  bool live = false;  // connected, and seen within 3 s
  Revision revision = 0;
  Digest journal_digest;
  Revision lag = 0;                       // commits behind this replica's head
  std::optional<DrainingCalls> draining;  // as it told with its last acknowledgement
  MonoMs connected_ms = 0;
  MonoMs seen_ms = 0;  // the last message from it
  Revision state_digest_at = 0;
  std::uint64_t state_digest = 0;
  int mismatches = 0;     // how often its state digest disagreed with its kind's
  bool diverged = false;  // more than once: its state cannot be trusted
};

// Encodes the published state, with the position that it stands at.
using SnapshotProvider = std::function<Result<SnapshotParts>()>;

class FeedHub;

class FeedSession {
 public:
  ~FeedSession();
  FeedSession(const FeedSession&) = delete;
  FeedSession& operator=(const FeedSession&) = delete;

  // What to send now; nullopt: nothing before the next wake-up or `due_ms`. An error ends the
  // stream: the follower comes back.
  Result<std::optional<FeedMessage>> next(MonoMs now);
  // When `next` wants to be asked again even if nothing happens.
  MonoMs due_ms() const { return last_sent_ms_ + heartbeat_ms_; }
  // An error ends the stream.
  Status on_ack(const Ack& ack, MonoMs now);

  const Hello& hello() const { return hello_; }

 private:
  friend class FeedHub;
  struct Shared;  // what the hub may touch from other threads
  FeedSession(FeedHub& hub, Hello hello, MonoMs now);

  // Where the follower says that it is, whatever it wants.
  const std::optional<Position>& stands_at() const;
  Status decide_start(MonoMs now);
  Result<bool> start_past_head(MonoMs now);
  Result<bool> same_history(const Position& position);
  Status begin_snapshot();
  FeedMessage next_part();
  Result<std::optional<FeedMessage>> next_commits();
  Result<std::optional<FeedMessage>> from_journal();

  FeedHub& hub_;
  const Hello hello_;
  const MonoMs heartbeat_ms_;
  const MonoMs opened_ms_;
  MonoMs last_sent_ms_;
  bool started_ = false;
  Revision sent_ = 0;  // the follower has, or is being sent, everything up to here
  std::shared_ptr<const SnapshotParts> snapshot_;  // being sent
  std::size_t next_part_ = 0;
  std::shared_ptr<Shared> shared_;
};

class FeedHub {
 public:
  // `broadcast` and `journal` outlive the hub, and the hub outlives its sessions. `nudge` asks the
  // Machine to look at the journal's head now (it may be null).
  FeedHub(Broadcast& broadcast, Journal& journal, SnapshotProvider provider, FeedLimits limits = {},
          std::function<void()> nudge = {});
  FeedHub(const FeedHub&) = delete;
  FeedHub& operator=(const FeedHub&) = delete;

  // ResourceExhausted when there are too many. A second session of the same (kind, instance) takes
  // the first one's place in the records.
  Result<std::unique_ptr<FeedSession>> open(Hello hello, MonoMs now);

  // All followers that are remembered, ordered by kind and instance.
  std::vector<FollowerRecord> followers(MonoMs now) const;
  // Digests of their states as the followers here reported them, for the other replicas.
  std::vector<StateVote> votes() const;
  // And what those say: followers of one kind are compared wherever they are.
  void weigh(const std::vector<StateVote>& others);
  // Those of one kind.
  std::vector<FollowerRecord> followers(MonoMs now, const std::string& kind) const;
  const FeedLimits& limits() const { return limits_; }
  Broadcast& broadcast() { return broadcast_; }

 private:
  friend class FeedSession;
  using Key = std::pair<std::string, std::string>;  // kind, instance
  struct Known {
    FollowerRecord record;
    std::weak_ptr<FeedSession::Shared> session;
  };

  Result<std::shared_ptr<const SnapshotParts>> shared_snapshot(Revision at_least);
  bool serves(const std::shared_ptr<const SnapshotParts>& parts, Revision at_least) const;
  bool tail_is_short(const SnapshotParts& parts) const;
  bool snapshot_is_smaller(Revision after, Revision head) const;
  FollowerRecord told(FollowerRecord record, Revision head, MonoMs now) const;
  void closed(FeedSession& session);
  void seen(const FeedSession& session, const Ack& ack, MonoMs now);
  void heed(const StateVotes::Verdict& verdict);
  void mismatch(const Key& key, bool start_over);
  void forget_gone();

  Broadcast& broadcast_;
  Journal& journal_;
  const SnapshotProvider provider_;
  const FeedLimits limits_;
  const std::function<void()> nudge_;

  mutable std::mutex mutex_;
  std::map<Key, Known> followers_;
  StateVotes votes_;
  std::size_t sessions_ = 0;

  mutable std::mutex snapshot_mutex_;
  std::weak_ptr<const SnapshotParts> sent_;    // with its pin, while somebody is sent it
  std::shared_ptr<const SnapshotParts> kept_;  // the last one, unless it is too large
  std::size_t snapshot_bytes_ = 0;             // of the last one encoded; 0: none yet
};

}  // namespace millrace::statekit
