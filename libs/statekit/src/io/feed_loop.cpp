#include <chrono>

#include "statekit/io/file.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"

namespace millrace::statekit {

FeedLoop::FeedLoop(FeedFollower& follower, std::unique_ptr<FeedTransport> transport,
                   const Clock& clock, std::function<DrainingCalls()> draining)
    : follower_(follower),
      transport_(std::move(transport)),
      clock_(clock),
      draining_(std::move(draining)) {}

FeedLoop::~FeedLoop() { stop(); }

void FeedLoop::start() {
  thread_ = std::thread([this] { run(); });
}

void FeedLoop::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (stream_) stream_->cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool FeedLoop::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void FeedLoop::run() {
  while (!stopping()) {
    const Error why = follow_once();
    if (stopping()) break;
    log_change(why);
    pause(follower_.on_disconnected(why, clock_.mono_ms(), random_fraction()));
  }
}

// One stream from hello to its end; why it ended.
Error FeedLoop::follow_once() {
  Result<std::unique_ptr<FeedStream>> opened = transport_->connect(follower_.hello());
  if (!opened) return opened.error();
  FeedStream* stream = opened->get();
  {
    std::lock_guard lock(mutex_);
    stream_ = std::move(*opened);
    if (stopping_) stream_->cancel();
  }
  const auto follow = [&]() -> Error {
    for (;;) {
      const Result<FeedMessage> message = stream->read(follower_.limits().silence_ms_max);
      if (!message) return message.error();
      if (const Status taken = take(*message); !taken) return taken.error();
    }
  };
  const Error why = follow();
  std::unique_ptr<FeedStream> ended;  // outlives the locks
  const std::lock_guard acknowledging(ack_mutex_);
  const std::lock_guard lock(mutex_);
  acknowledged_ = false;
  ended = std::move(stream_);
  return why;
}

Status FeedLoop::take(const FeedMessage& message) {
  const std::lock_guard acknowledging(ack_mutex_);
  const Result<std::vector<Ack>> acks = follower_.on_message(message, clock_.mono_ms());
  if (!acks) return fail(acks.error());
  if (!connected_ && follower_.position()) {
    connected_ = true;
    log_info("feed.connected",
             {{"follower", follower_.hello().kind}, {"revision", follower_.position()->revision}});
  }
  for (const Ack& ack : *acks)
    if (const Status sent = send(*stream_, ack); !sent) return sent;
  acknowledged_ = true;
  return {};
}

Status FeedLoop::send(FeedStream& stream, Ack ack) {
  if (draining_) ack.draining = draining_();
  return stream.ack(ack);
}

void FeedLoop::acknowledge() {
  const std::lock_guard acknowledging(ack_mutex_);
  const std::optional<Position> at = follower_.position();
  if (!acknowledged_ || !at) return;
  // A stream that is over says so to the thread that reads it.
  (void)send(*stream_, {at->revision, at->digest, {}});
}

void FeedLoop::pause(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

// One line when the feed is lost, not one for each attempt to get it back.
void FeedLoop::log_change(const Error& why) {
  const FollowerStatus status = follower_.status(clock_.mono_ms());
  const bool first = status.reconnects == 0;
  if (!connected_ && !first) return;
  connected_ = false;
  log_warn("feed.disconnected", {{"follower", follower_.hello().kind},
                                 {"state", name_of(status.phase)},
                                 {"reason", why.message}});
}

Readiness readiness_of(const FollowerStatus& status) {
  if (status.phase == FollowerPhase::live) return {true, {}};
  std::string reason(name_of(status.phase));
  if (!status.reason.empty()) reason += ": " + status.reason;
  return {status.phase != FollowerPhase::empty, std::move(reason)};
}

std::unique_ptr<FollowerCache> open_cache(const std::string& path, const FollowerIdentity& who) {
  if (path.empty()) return nullptr;
  return std::make_unique<FollowerCache>(std::make_unique<DiskFile>(path),
                                         who.kind + " " + std::to_string(who.format));
}

void log_cache(const FollowerIdentity& who, const Status& loaded, Revision revision) {
  if (loaded)
    log_info("feed.cache-loaded", {{"follower", who.kind}, {"revision", revision}});
  else if (loaded.error().code != Code::not_found)
    log_warn("feed.cache-unusable", {{"follower", who.kind}, {"reason", loaded.error().message}});
}

}  // namespace millrace::statekit
