#include "statekit/feed_hub.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "feed_shared.hpp"

namespace millrace::statekit {
namespace {

// The snapshot together with the pin on its tail: both live as long as anybody sends it.
struct PinnedSnapshot {
  std::shared_ptr<const SnapshotParts> parts;
  Broadcast::Pin pin;
};

std::shared_ptr<const SnapshotParts> pinned(std::shared_ptr<const SnapshotParts> parts,
                                            Broadcast::Pin pin) {
  const SnapshotParts* const bare = parts.get();
  return {std::make_shared<const PinnedSnapshot>(PinnedSnapshot{std::move(parts), std::move(pin)}),
          bare};
}

}  // namespace

FeedHub::FeedHub(Broadcast& broadcast, Journal& journal, SnapshotProvider provider,
                 FeedLimits limits, std::function<void()> nudge)
    : broadcast_(broadcast),
      journal_(journal),
      provider_(std::move(provider)),
      limits_(limits),
      nudge_(std::move(nudge)),
      votes_({limits.checkpoints, VoteLimits{}.kinds, limits.records_max}) {}

Result<std::unique_ptr<FeedSession>> FeedHub::open(Hello hello, MonoMs now) {
  if (hello.kind.empty() || hello.instance.empty())
    return fail(Code::invalid_argument, "a follower says its kind and its instance");
  std::lock_guard lock(mutex_);
  if (sessions_ >= limits_.sessions_max)
    return fail(Code::resource_exhausted, "too many followers (sessions_max is " +
                                              std::to_string(limits_.sessions_max) +
                                              "): follow another replica");
  const Key key{hello.kind, hello.instance};
  if (!followers_.contains(key)) forget_gone();
  Known& known = followers_[key];
  const int mismatches = known.record.mismatches;
  const bool diverged = known.record.diverged;
  known.record = {};
  known.record.kind = hello.kind;
  known.record.instance = hello.instance;
  known.record.format = hello.format;
  known.record.feature_level = hello.feature_level;
  known.record.connected = true;
  known.record.connected_ms = known.record.seen_ms = now;
  known.record.mismatches = mismatches;
  known.record.diverged = diverged;
  std::unique_ptr<FeedSession> session(new FeedSession(*this, std::move(hello), now));
  known.session = session->shared_;
  ++sessions_;
  return session;
}

// REQUIRES: mutex_ is held. Makes room for one more record by dropping the one gone longest.
void FeedHub::forget_gone() {
  if (followers_.size() < limits_.records_max) return;
  auto oldest = followers_.end();
  for (auto it = followers_.begin(); it != followers_.end(); ++it)
    if (!it->second.record.connected &&
        (oldest == followers_.end() || it->second.record.seen_ms < oldest->second.record.seen_ms))
      oldest = it;
  if (oldest != followers_.end()) followers_.erase(oldest);
}

void FeedHub::closed(FeedSession& session) {
  std::lock_guard lock(mutex_);
  --sessions_;
  const auto it = followers_.find({session.hello_.kind, session.hello_.instance});
  if (it == followers_.end() || it->second.session.lock() != session.shared_) return;
  it->second.record.connected = false;
}

std::vector<FollowerRecord> FeedHub::followers(MonoMs now) const {
  const Revision head = broadcast_.head().revision;
  std::vector<FollowerRecord> all;
  std::lock_guard lock(mutex_);
  for (const auto& [key, known] : followers_) all.push_back(told(known.record, head, now));
  return all;
}

std::vector<FollowerRecord> FeedHub::followers(MonoMs now, const std::string& kind) const {
  const Revision head = broadcast_.head().revision;
  std::vector<FollowerRecord> all;
  std::lock_guard lock(mutex_);
  for (auto it = followers_.lower_bound({kind, {}});
       it != followers_.end() && it->first.first == kind; ++it)
    all.push_back(told(it->second.record, head, now));
  return all;
}

FollowerRecord FeedHub::told(FollowerRecord record, Revision head, MonoMs now) const {
  record.live = record.connected && now - record.seen_ms <= limits_.live_ms;
  record.lag = head > record.revision ? head - record.revision : 0;
  return record;
}

void FeedHub::seen(const FeedSession& session, const Ack& ack, MonoMs now) {
  std::lock_guard lock(mutex_);
  const auto it = followers_.find({session.hello_.kind, session.hello_.instance});
  if (it == followers_.end() || it->second.session.lock() != session.shared_) return;
  FollowerRecord& record = it->second.record;
  record.seen_ms = now;
  record.revision = ack.revision;
  record.journal_digest = ack.journal_digest;
  record.draining = ack.draining;
  if (!ack.state_digest) return;
  record.state_digest = *ack.state_digest;
  record.state_digest_at = ack.revision;
  // One that claims more than there is would push out what can be compared.
  if (ack.revision > broadcast_.head().revision) return;
  const auto expected = std::count_if(followers_.begin(), followers_.end(), [&](const auto& each) {
    return each.second.record.connected && each.first.first == it->first.first &&
           each.second.record.format == session.hello_.format;
  });
  heed(votes_.report(it->first, session.hello_.format, ack.revision, *ack.state_digest,
                     static_cast<std::size_t>(expected)));
}

std::vector<StateVote> FeedHub::votes() const {
  std::lock_guard lock(mutex_);
  return votes_.own();
}

void FeedHub::weigh(const std::vector<StateVote>& others) {
  std::lock_guard lock(mutex_);
  heed(votes_.others(others));
}

// REQUIRES: mutex_ is held. Who is wrong starts from a snapshot again.
void FeedHub::heed(const StateVotes::Verdict& verdict) {
  for (const Key& key : verdict.wrong) mismatch(key, true);
  // Another snapshot of the same revision would go round and round.
  for (const Key& key : verdict.wrong_again) mismatch(key, false);
  for (const Key& key : verdict.right)
    if (const auto it = followers_.find(key); it != followers_.end())
      it->second.record.diverged = false;
}

void FeedHub::mismatch(const Key& key, bool start_over) {
  const auto it = followers_.find(key);
  if (it == followers_.end()) return;
  FollowerRecord& record = it->second.record;
  record.diverged = ++record.mismatches > 1;
  const auto session = it->second.session.lock();
  if (session && start_over) session->snapshot_wanted = true;
}

// One that is being sent is shared, with its pin. Encoding is the dear part, so the last one is
// also kept for who comes later, as long as little was written since.
Result<std::shared_ptr<const SnapshotParts>> FeedHub::shared_snapshot(Revision at_least) {
  std::lock_guard lock(snapshot_mutex_);
  if (auto sent = sent_.lock(); serves(sent, at_least)) return sent;
  // Pinned before it is looked at or encoded, so that its tail is there whatever its revision is.
  const Revision kept_from = kept_ ? kept_->position.revision : broadcast_.head().revision;
  Broadcast::Pin pin = broadcast_.pin(kept_from);
  std::shared_ptr<const SnapshotParts> parts = std::exchange(kept_, nullptr);
  if (!serves(parts, at_least) || !tail_is_short(*parts)) {
    pin = broadcast_.pin(broadcast_.head().revision);
    Result<SnapshotParts> encoded = provider_();
    if (!encoded) return fail(within("encoding a snapshot", std::move(encoded.error())));
    snapshot_bytes_ = encoded->bytes();
    parts = std::make_shared<const SnapshotParts>(std::move(*encoded));
  }
  if (snapshot_bytes_ <= limits_.kept_snapshot_bytes_max) kept_ = parts;
  const auto sent = pinned(std::move(parts), std::move(pin));
  sent_ = sent;
  return sent;
}

// It is new enough, of this history, and the ring has what was written since.
bool FeedHub::serves(const std::shared_ptr<const SnapshotParts>& parts, Revision at_least) const {
  return parts && parts->position.revision >= at_least &&
         parts->position.incarnation == broadcast_.head().incarnation &&
         broadcast_.digest_at(parts->position.revision) == parts->position.digest;
}

// REQUIRES: snapshot_mutex_ is held, and `parts` are the last that were encoded.
bool FeedHub::tail_is_short(const SnapshotParts& parts) const {
  const Revision since = broadcast_.head().revision - parts.position.revision;
  return since * broadcast_.mean_bytes() <= snapshot_bytes_ / 8;
}

bool FeedHub::snapshot_is_smaller(Revision after, Revision head) const {
  const Revision missing = head - after;
  std::lock_guard lock(snapshot_mutex_);
  if (snapshot_bytes_ == 0) return missing > limits_.tail_max;
  return missing * broadcast_.mean_bytes() > snapshot_bytes_;
}

}  // namespace millrace::statekit
