// Broadcast: one writer, many readers, one bounded ring of encoded commits that all of them share.
// A slow reader never stalls the writer and never grows memory: who falls out of the ring is told
// so and reads from the journal instead. Thread safe; `reset` and `publish` come from one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "statekit/types.hpp"

namespace millrace::statekit {

// A commit as it is stored and sent; shared, immutable.
struct FeedCommit {
  Revision revision = 0;
  std::shared_ptr<const Bytes> bytes;
  Digest digest;
};

// True for an encoded event that followers may not see: it travels as its hash.
using HideEvent = std::function<bool(BytesView event)>;

// The same commit with the events that `hide` names replaced by their hashes; re-encoded only when
// there is one. The digest stays, since the chain is over the hashes.
FeedCommit hide_events(FeedCommit commit, const HideEvent& hide);

struct BroadcastLimits {
  std::size_t commits_max = 8192;
  std::size_t bytes_max = std::size_t{64} << 20;
  // How far the ring may grow while a snapshot's tail is pinned; beyond it the pin is broken.
  std::size_t pinned_commits_max = 65'536;
  std::size_t pinned_bytes_max = std::size_t{256} << 20;
};

class Broadcast {
 public:
  explicit Broadcast(BroadcastLimits limits = {}, HideEvent hide = {});
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // Empties the ring; the next commit is base.revision + 1.
  void reset(const Position& base);
  // REQUIRES: commit.revision == head().revision + 1.
  void publish(FeedCommit commit);
  // What followers get instead of `commit` (the hidden events replaced).
  FeedCommit as_sent(FeedCommit commit) const;

  Position head() const;

  struct Read {
    bool fell_out = false;  // `after` is before the ring: read from the journal
    std::vector<FeedCommit> commits;
  };
  // The commits after `after`: at least one if there is one, then as many as fit both limits.
  Read read_after(Revision after, std::size_t max_commits, std::size_t max_bytes) const;
  // Known for the ring's commits and the revision just before the oldest.
  std::optional<Digest> digest_at(Revision revision) const;
  // How large a commit of the ring is on average; 0 when it is empty.
  std::size_t mean_bytes() const;

  // `wake` is called after each publish and reset, on the publisher's thread: it must not block and
  // must not call back into this Broadcast's subscribe or unsubscribe.
  std::uint64_t subscribe(std::function<void()> wake);
  // After it returned, `wake` is not running and is not called again.
  void unsubscribe(std::uint64_t id);

  // Keeps the commits after `after` in the ring (within the pinned limits) as long as it lives.
  // Outlives the Broadcast safely.
  using Pin = std::shared_ptr<const void>;
  Pin pin(Revision after);

 private:
  struct Pins {
    std::mutex mutex;
    std::multiset<Revision> after;
  };
  struct Subscriber {
    std::mutex mutex;
    std::function<void()> wake;
  };

  void trim();
  void wake_all();

  const BroadcastLimits limits_;
  const HideEvent hide_;
  const std::shared_ptr<Pins> pins_ = std::make_shared<Pins>();

  mutable std::mutex mutex_;
  Position base_;  // just before the oldest commit of the ring
  std::deque<FeedCommit> ring_;
  std::size_t bytes_ = 0;

  std::mutex subscribers_mutex_;
  std::map<std::uint64_t, std::shared_ptr<Subscriber>> subscribers_;
  std::uint64_t last_id_ = 0;
};

}  // namespace millrace::statekit
