#include "statekit/follower_parts.hpp"

#include <algorithm>
#include <utility>

namespace millrace::statekit {

std::string_view name_of(FollowerPhase phase) {
  switch (phase) {
    case FollowerPhase::empty: return "empty";
    case FollowerPhase::live: return "live";
    case FollowerPhase::stale: return "stale";
  }
  return "unknown";
}

FeedFollower::FeedFollower(FollowerIdentity identity, FollowerLimits limits)
    : identity_(std::move(identity)), limits_(limits) {
  status_.reason = "never connected";
}

Hello FeedFollower::hello() const {
  Hello hello{identity_.kind, identity_.instance, identity_.format, {}, identity_.feature_level};
  (snapshot_wanted_ ? hello.snapshot_from : hello.position) = position();
  return hello;
}

Result<std::vector<Ack>> FeedFollower::on_message(const FeedMessage& message, MonoMs now) {
  std::vector<Ack> acks;
  const Status taken = std::visit([&](const auto& body) { return on(body, acks); }, message);
  if (!taken) return fail(taken.error());
  Revision head = 0;
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) head = heartbeat->head.revision;
  heard(head, now);
  if (snapshot_wanted_ && std::holds_alternative<Commits>(message))
    return fail(Code::aborted, "a new snapshot is wanted, to shorten the cache");
  return acks;
}

std::int64_t FeedFollower::on_disconnected(const Error& why, MonoMs now, double jitter) {
  parts_.clear();
  parts_bytes_ = 0;
  std::int64_t cap = limits_.backoff_ms_max;
  // An event that only a newer binary knows will still be there after a short wait.
  if (why.code != Code::unimplemented)
    cap = std::min(limits_.backoff_ms_min << std::min(failures_, 30), limits_.backoff_ms_max);
  ++failures_;
  {
    std::lock_guard lock(mutex_);
    if (status_.phase == FollowerPhase::live) status_.phase = FollowerPhase::stale;
    if (!heard_ms_) heard_ms_ = now;
    status_.reason = why.message;
    ++status_.reconnects;
  }
  return cap / 2 + static_cast<std::int64_t>(static_cast<double>(cap - cap / 2) * jitter);
}

FollowerStatus FeedFollower::status(MonoMs now) const {
  std::lock_guard lock(mutex_);
  FollowerStatus status = status_;
  status.position = position_;
  if (!position_) {
    status.phase = FollowerPhase::empty;
    return status;
  }
  if (status.phase == FollowerPhase::empty) status.phase = FollowerPhase::stale;  // from the cache
  const MonoMs silence = heard_ms_ ? now - *heard_ms_ : 0;
  if (status.phase == FollowerPhase::live && silence > limits_.silence_ms_max) {
    status.phase = FollowerPhase::stale;
    status.reason = "the feed is silent";
  }
  if (status.phase == FollowerPhase::live)
    status.reason.clear();
  else
    status.age_ms = silence;
  return status;
}

std::optional<Position> FeedFollower::position() const {
  std::lock_guard lock(mutex_);
  return position_;
}

Status FeedFollower::on(const SnapshotPart& part, std::vector<Ack>& acks) {
  if (part.data == nullptr) return fail(Code::data_loss, "a snapshot part without data");
  if (part.index == 0) {
    parts_.clear();
    parts_bytes_ = 0;
    parts_position_ = part.position;
    if (Status forward = check_forward(part.position); !forward) return forward;
  }
  if (part.index != parts_.size() || part.position != parts_position_)
    return fail(Code::data_loss, "a snapshot's part " + std::to_string(part.index) +
                                     " came where part " + std::to_string(parts_.size()) +
                                     " belongs");
  parts_bytes_ += part.data->size();
  if (parts_bytes_ > limits_.snapshot_bytes_max)
    return fail(Code::resource_exhausted, "the snapshot is larger than " +
                                              std::to_string(limits_.snapshot_bytes_max) +
                                              " bytes (snapshot_bytes_max)");
  parts_.push_back(*part.data);
  if (!part.last) {
    acks.push_back(ack(false));
    return {};
  }
  std::vector<Bytes> parts = std::exchange(parts_, {});
  parts_bytes_ = 0;
  const Result<SnapshotHeader> header = decode_snapshot_header(parts.front());
  if (!header) return fail(header.error());
  if (header->position != parts_position_)
    return fail(Code::data_loss, "a snapshot's header and its parts name different positions");
  if (Status restored = take_snapshot(std::move(parts)); !restored) return restored;
  snapshot_wanted_ = false;
  {
    std::lock_guard lock(mutex_);
    ++status_.snapshots;
  }
  acks.push_back(ack(true));
  return {};
}

// The whole message is checked before any of it is applied.
Status FeedFollower::on(const Commits& commits, std::vector<Ack>& acks) {
  const std::optional<Position> from = position();
  if (!from || !parts_.empty())
    return fail(Code::data_loss, "commits came before the snapshot that they follow");
  if (commits.commits.empty()) return fail(Code::data_loss, "a message without commits");
  std::vector<FeedCommit> checked = commits.commits;
  Digest digest = from->digest;
  Revision revision = from->revision;
  for (FeedCommit& commit : checked) {
    if (commit.bytes == nullptr || commit.revision != revision + 1)
      return fail(Code::data_loss, "the feed sent revision " + std::to_string(commit.revision) +
                                       " where " + std::to_string(revision + 1) + " belongs");
    Result<Digest> next = chain(digest, commit.revision, *commit.bytes);
    if (!next) return fail(within("checking the feed", std::move(next.error())));
    digest = commit.digest = *next;
    revision = commit.revision;
  }
  if (digest != commits.commits.back().digest)
    return fail(Code::data_loss,
                "the feed's digest at revision " + std::to_string(revision) + " does not match");
  for (const FeedCommit& commit : checked) {
    if (Status applied = take_commit(commit); !applied) return applied;
    {
      std::lock_guard lock(mutex_);
      ++status_.commits;
    }
    if (commit.revision % state_digest_interval == 0) acks.push_back(ack(true));
  }
  if (acks.empty() || acks.back().revision != revision) acks.push_back(ack(false));
  return {};
}

Status FeedFollower::on(const Heartbeat& heartbeat, std::vector<Ack>& acks) {
  const std::optional<Position> here = position();
  if (here && heartbeat.head.incarnation != here->incarnation)
    return fail(Code::failed_precondition, "the server holds another incarnation now");
  if (here && heartbeat.head.revision < here->revision)
    return fail(Code::unavailable, "the server stands at revision " +
                                       std::to_string(heartbeat.head.revision) + ", behind us");
  acks.push_back(ack(false));
  return {};
}

Ack FeedFollower::ack(bool with_state) const {
  const Position at = position().value_or(Position{});
  Ack ack{at.revision, at.digest, {}};
  if (with_state && at.revision % state_digest_interval == 0) ack.state_digest = state_digest();
  return ack;
}

void FeedFollower::heard(Revision head, MonoMs now) {
  failures_ = 0;
  std::lock_guard lock(mutex_);
  heard_ms_ = now;
  status_.head = std::max(head, position_ ? position_->revision : 0);
  if (position_) status_.phase = FollowerPhase::live;
}

Status FeedFollower::check_forward(const Position& to) const {
  const std::optional<Position> here = position();
  if (!here || here->incarnation != to.incarnation || here->revision <= to.revision) return {};
  return fail(Code::data_loss, "a snapshot at revision " + std::to_string(to.revision) +
                                   " is older than what is applied, " +
                                   std::to_string(here->revision));
}

Result<Envelope> FeedFollower::check_next(const FeedCommit& commit) const {
  const std::optional<Position> here = position();
  if (!here || commit.revision != here->revision + 1)
    return fail(Code::data_loss, "revision " + std::to_string(commit.revision) + " is not next");
  Result<Envelope> envelope = decode_envelope(*commit.bytes);
  if (envelope && chain(here->digest, commit.revision, *envelope) != commit.digest)
    return fail(Code::data_loss,
                "revision " + std::to_string(commit.revision) + " does not match its digest");
  return envelope;
}

void FeedFollower::set_position(Position position) {
  std::lock_guard lock(mutex_);
  position_ = std::move(position);
}

void FeedFollower::forget_position() {
  std::lock_guard lock(mutex_);
  position_.reset();
}

void FeedFollower::want_snapshot() { snapshot_wanted_ = true; }

void FeedFollower::note_cache(const Status& written) {
  std::lock_guard lock(mutex_);
  status_.warning = written ? "" : "the cache is not kept: " + written.error().message;
}

}  // namespace millrace::statekit
