// Follower<State, Codec>: a feed client with its thread, its projection and its cache: what
// routing, ingress, console and timeline hold to have the state. `read` and the questions are
// thread safe; start and stop come from the program. FeedTransport is the seam to the server
// (statekit/io/grpc_feed.hpp; a fake in tests/support).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "statekit/clock.hpp"
#include "statekit/feed.hpp"
#include "statekit/follower_core.hpp"
#include "statekit/io/health.hpp"
#include "statekit/projection.hpp"
#include "statekit/result.hpp"

namespace millrace::statekit {

// One subscription. `read` comes from one thread, `ack` from one at a time; `cancel` from any.
class FeedStream {
 public:
  virtual ~FeedStream() = default;
  // The next message; DeadlineExceeded after `ms`; any other error: the stream is over.
  virtual Result<FeedMessage> read(std::int64_t ms) = 0;
  virtual Status ack(const Ack& ack) = 0;
  // Makes a waiting `read` end with Cancelled.
  virtual void cancel() = 0;
};

class FeedTransport {
 public:
  virtual ~FeedTransport() = default;
  // Errors may also come from the stream's first read.
  virtual Result<std::unique_ptr<FeedStream>> connect(const Hello& hello) = 0;
};

// The thread around any FeedFollower.
class FeedLoop {
 public:
  // `draining`, where it is set, is asked before each acknowledgement. It must not call back.
  FeedLoop(FeedFollower& follower, std::unique_ptr<FeedTransport> transport, const Clock& clock,
           std::function<DrainingCalls()> draining = {});
  FeedLoop(const FeedLoop&) = delete;
  FeedLoop& operator=(const FeedLoop&) = delete;
  ~FeedLoop();

  void start();
  void stop();  // ends the stream and the thread; idempotent
  // Says again what was applied, because what drains has changed. From any thread.
  void acknowledge();

 private:
  Status take(const FeedMessage& message);
  Status send(FeedStream& stream, Ack ack);
  void run();
  Error follow_once();
  bool stopping() const;
  void pause(std::int64_t ms);
  void log_change(const Error& why);

  FeedFollower& follower_;
  const std::unique_ptr<FeedTransport> transport_;
  const Clock& clock_;
  const std::function<DrainingCalls()> draining_;
  // Held while a message is applied and acknowledged, so that acknowledgements never go back.
  // Taken before mutex_.
  std::mutex ack_mutex_;
  bool acknowledged_ = false;  // this stream has seen one
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::unique_ptr<FeedStream> stream_;  // set and reset under mutex_, used by the thread
  bool connected_ = false;
  std::thread thread_;
};

// For /readyz: only a follower that never had a state is not ready; any other that is not live says
// why.
Readiness readiness_of(const FollowerStatus& status);

struct FollowerOptions {
  FollowerIdentity identity;
  std::string cache_path;  // empty: no cache is kept
  FollowerLimits limits;
  std::function<DrainingCalls()> draining = {};  // of one that routes calls; see FeedLoop
};

// The cache in a file at `path` (its folder is made); null when `path` is empty.
std::unique_ptr<FollowerCache> open_cache(const std::string& path, const FollowerIdentity& who);
void log_cache(const FollowerIdentity& who, const Status& loaded, Revision revision);

template <FollowerState State, class Codec>
class Follower {
 public:
  Follower(const FollowerOptions& options, std::unique_ptr<FeedTransport> transport,
           const Clock& clock)
      : identity_(options.identity),
        clock_(clock),
        core_(options.identity, projection_, open_cache(options.cache_path, options.identity),
              options.limits),
        loop_(core_, std::move(transport), clock, options.draining) {}

  // Loads the cache, so that there is a state at once where there ever was one; then follows.
  void start() {
    const Status loaded = core_.load_cache();
    log_cache(identity_, loaded, projection_.revision());
    loop_.start();
  }
  void stop() {
    loop_.stop();
    projection_.close();
  }

  void acknowledge() { loop_.acknowledge(); }

  typename Projection<State>::Reader read() const { return projection_.read(); }
  const Projection<State>& projection() const { return projection_; }
  FollowerStatus status() const { return core_.status(clock_.mono_ms()); }
  // Never ahead of what `read` shows; it may be a moment behind.
  std::optional<Position> position() const { return core_.position(); }

 private:
  const FollowerIdentity identity_;
  const Clock& clock_;
  Projection<State> projection_;
  FollowerCore<State, Codec> core_;
  FeedLoop loop_;
};

}  // namespace millrace::statekit
