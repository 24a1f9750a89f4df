// A feed that a test writes: what each connection yields, what was said and acknowledged. For the
// loop around a follower; a server's own feed is in toy_feed.hpp. Thread safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "statekit/io/follower.hpp"

namespace millrace::test {

// Outlives the transports that it makes.
class FakeFeed {
 public:
  // What the next connection yields: the messages, then the error; without one it falls silent.
  void expect(std::vector<statekit::FeedMessage> messages,
              std::optional<statekit::Error> end = std::nullopt) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back({{messages.begin(), messages.end()}, std::move(end)});
  }

  std::vector<statekit::Hello> hellos() const {
    const std::lock_guard lock(mutex_);
    return hellos_;
  }
  std::vector<statekit::Ack> acks() const {
    const std::lock_guard lock(mutex_);
    return acks_;
  }
  int open_streams() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }

  std::unique_ptr<statekit::FeedTransport> transport() {
    return std::make_unique<Transport>(*this);
  }

 private:
  struct Script {
    std::deque<statekit::FeedMessage> messages;
    std::optional<statekit::Error> end;
  };

  class Stream final : public statekit::FeedStream {
   public:
    Stream(FakeFeed& feed, Script script) : feed_(feed), script_(std::move(script)) {}
    ~Stream() override {
      const std::lock_guard lock(feed_.mutex_);
      --feed_.open_;
    }
    statekit::Result<statekit::FeedMessage> read(std::int64_t ms) override {
      std::unique_lock lock(feed_.mutex_);
      if (!script_.messages.empty()) {
        statekit::FeedMessage message = std::move(script_.messages.front());
        script_.messages.pop_front();
        return message;
      }
      if (script_.end) return statekit::fail(*script_.end);
      if (feed_.changed_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return cancelled_; }))
        return statekit::fail(statekit::Code::cancelled, "cancelled");
      return statekit::fail(statekit::Code::deadline_exceeded, "silence");
    }
    statekit::Status ack(const statekit::Ack& ack) override {
      const std::lock_guard lock(feed_.mutex_);
      feed_.acks_.push_back(ack);
      return {};
    }
    void cancel() override {
      const std::lock_guard lock(feed_.mutex_);
      cancelled_ = true;
      feed_.changed_.notify_all();
    }

   private:
    FakeFeed& feed_;
    Script script_;
    bool cancelled_ = false;
  };

  class Transport final : public statekit::FeedTransport {
   public:
    explicit Transport(FakeFeed& feed) : feed_(feed) {}
    statekit::Result<std::unique_ptr<statekit::FeedStream>> connect(
        const statekit::Hello& hello) override {
      const std::lock_guard lock(feed_.mutex_);
      feed_.hellos_.push_back(hello);
      if (feed_.scripts_.empty())
        return statekit::fail(statekit::Code::unavailable, "connection refused");
      Script script = std::move(feed_.scripts_.front());
      feed_.scripts_.pop_front();
      ++feed_.open_;
      return std::make_unique<Stream>(feed_, std::move(script));
    }

   private:
    FakeFeed& feed_;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Script> scripts_;
  std::vector<statekit::Hello> hellos_;
  std::vector<statekit::Ack> acks_;
  int open_ = 0;
};

}  // namespace millrace::test
