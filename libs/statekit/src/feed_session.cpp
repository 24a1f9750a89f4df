#include <utility>

#include "feed_shared.hpp"
#include "statekit/feed_hub.hpp"

namespace millrace::statekit {

FeedSession::FeedSession(FeedHub& hub, Hello hello, MonoMs now)
    : hub_(hub),
      hello_(std::move(hello)),
      heartbeat_ms_(hub.limits_.heartbeat_ms),
      opened_ms_(now),
      last_sent_ms_(now),
      shared_(std::make_shared<Shared>()) {}

FeedSession::~FeedSession() { hub_.closed(*this); }

Result<std::optional<FeedMessage>> FeedSession::next(MonoMs now) {
  if (!started_) {
    if (Status started = decide_start(now); !started) return fail(std::move(started.error()));
  }
  if (started_ && snapshot_ == nullptr && shared_->snapshot_wanted.exchange(false))
    if (Status begun = begin_snapshot(); !begun) return fail(std::move(begun.error()));
  Result<std::optional<FeedMessage>> message = std::optional<FeedMessage>();
  if (snapshot_)
    message = std::optional<FeedMessage>(next_part());
  else if (started_)
    message = next_commits();
  if (message && !*message && started_ && now >= due_ms())
    message = std::optional<FeedMessage>(Heartbeat{hub_.broadcast_.head()});
  if (message && *message) last_sent_ms_ = now;
  return message;
}

const std::optional<Position>& FeedSession::stands_at() const {
  return hello_.position ? hello_.position : hello_.snapshot_from;
}

// The position decides: the commits after it, or a snapshot. Leaves started_ false while this
// replica is behind the follower.
Status FeedSession::decide_start(MonoMs now) {
  const Position head = hub_.broadcast_.head();
  const std::optional<Position>& at = stands_at();
  if (!at || at->incarnation != head.incarnation) return begin_snapshot();
  if (at->revision > head.revision) {
    const Result<bool> wait = start_past_head(now);
    return wait ? Status() : Status(fail(wait.error()));
  }
  if (!hello_.position) return begin_snapshot();
  const Result<bool> same = same_history(*at);
  if (!same) return fail(same.error());
  const bool in_ring = hub_.broadcast_.digest_at(at->revision).has_value();
  if (!*same || (!in_ring && hub_.snapshot_is_smaller(at->revision, head.revision)))
    return begin_snapshot();
  sent_ = at->revision;
  started_ = true;
  last_sent_ms_ = now - heartbeat_ms_;  // greeted at once, so that it knows that it is live
  return {};
}

// The follower has seen more than this replica: another replica wrote it, or it never was.
Result<bool> FeedSession::start_past_head(MonoMs now) {
  const Revision wanted = stands_at()->revision;
  const JournalResult<Head> head = hub_.journal_.head();
  if (!head) return fail(within("looking for the journal's head", to_error(head.error())));
  if (head->incarnation != stands_at()->incarnation || head->last < wanted)
    return fail(Code::unavailable, "this follower stands at revision " + std::to_string(wanted) +
                                       ", but the journal ends at " + std::to_string(head->last));
  if (now - opened_ms_ > hub_.limits_.catch_up_ms)
    return fail(Code::unavailable, "this replica has not caught up with revision " +
                                       std::to_string(wanted) + " yet: try another");
  if (hub_.nudge_) hub_.nudge_();
  return true;
}

// Does this journal hold the very commit that the follower stands at? False also when that part is
// compacted, so that nobody can tell.
Result<bool> FeedSession::same_history(const Position& position) {
  if (const std::optional<Digest> digest = hub_.broadcast_.digest_at(position.revision))
    return *digest == position.digest;
  if (position.revision == 0) {
    const JournalResult<Head> head = hub_.journal_.head();
    if (!head) return fail(to_error(head.error()));
    return head->first == 1 && position.digest == Digest{};
  }
  const auto entries = hub_.journal_.read(position.revision - 1, 1, entry_bytes_max);
  if (!entries && entries.error().fault == JournalFault::compacted) return false;
  if (!entries) return fail(to_error(entries.error()));
  return !entries->empty() && entries->front().digest == position.digest;
}

Status FeedSession::begin_snapshot() {
  const Position head = hub_.broadcast_.head();
  // Within an incarnation never older than the resume point, nor than what was sent since.
  Revision at_least = sent_;
  if (const auto& at = stands_at(); at && at->incarnation == head.incarnation)
    at_least = std::max(at_least, at->revision);
  Result<std::shared_ptr<const SnapshotParts>> snapshot = hub_.shared_snapshot(at_least);
  if (!snapshot) return fail(std::move(snapshot.error()));
  if ((*snapshot)->position.revision < at_least)
    return fail(Code::unavailable, "this replica's snapshot is behind the follower: try again");
  snapshot_ = std::move(*snapshot);
  next_part_ = 0;
  started_ = true;
  return {};
}

FeedMessage FeedSession::next_part() {
  SnapshotPart part{snapshot_->position, static_cast<std::uint32_t>(next_part_), false,
                    snapshot_->parts[next_part_]};
  ++next_part_;
  part.last = next_part_ == snapshot_->parts.size();
  if (part.last) {
    sent_ = snapshot_->position.revision;
    snapshot_.reset();
  }
  return part;
}

Result<std::optional<FeedMessage>> FeedSession::next_commits() {
  Broadcast::Read read = hub_.broadcast_.read_after(sent_, hub_.limits_.batch_commits_max,
                                                    hub_.limits_.batch_bytes_max);
  if (read.fell_out) return from_journal();
  if (read.commits.empty()) return std::optional<FeedMessage>();
  sent_ = read.commits.back().revision;
  return std::optional<FeedMessage>(Commits{std::move(read.commits)});
}

// Fell out of the ring: the journal has what it missed, unless that is compacted.
Result<std::optional<FeedMessage>> FeedSession::from_journal() {
  auto entries =
      hub_.journal_.read(sent_, hub_.limits_.batch_commits_max, hub_.limits_.batch_bytes_max);
  if (!entries && entries.error().fault == JournalFault::compacted) {
    if (Status begun = begin_snapshot(); !begun) return fail(std::move(begun.error()));
    return std::optional<FeedMessage>(next_part());
  }
  if (!entries) return fail(within("reading the journal", to_error(entries.error())));
  Commits commits;
  const Revision published = hub_.broadcast_.head().revision;
  for (Entry& entry : *entries) {
    if (entry.revision > published) break;  // not announced yet: the ring brings it
    commits.commits.push_back(hub_.broadcast_.as_sent(
        {entry.revision, std::make_shared<const Bytes>(std::move(entry.commit)), entry.digest}));
  }
  if (commits.commits.empty()) return std::optional<FeedMessage>();
  sent_ = commits.commits.back().revision;
  return std::optional<FeedMessage>(std::move(commits));
}

// A follower that acknowledges another digest than ours applied something else than we sent.
Status FeedSession::on_ack(const Ack& ack, MonoMs now) {
  if (started_ && ack.revision <= sent_ && !snapshot_) {
    const std::optional<Digest> ours = hub_.broadcast_.digest_at(ack.revision);
    if (ours && *ours != ack.journal_digest && ack.revision != 0)
      return fail(
          Code::failed_precondition,
          "the follower acknowledges another digest at revision " + std::to_string(ack.revision));
  }
  hub_.seen(*this, ack, now);
  return {};
}

}  // namespace millrace::statekit
