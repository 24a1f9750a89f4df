// Followers of a toy machine without any wire: a FeedTransport that asks a FeedHub directly, a
// cache file in memory, and a follower to drive by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "statekit/feed_hub.hpp"
#include "statekit/follower_core.hpp"
#include "support/toy_machine.hpp"

namespace millrace::test {

// The content outlives the file, as a disk outlives a process.
class MemoryFile final : public statekit::CacheFile {
 public:
  explicit MemoryFile(std::shared_ptr<std::optional<statekit::Bytes>> content)
      : content_(std::move(content)) {}
  statekit::Result<statekit::Bytes> read() override {
    if (!*content_) return statekit::fail(statekit::Code::not_found, "no such file");
    return **content_;
  }
  statekit::Status replace(statekit::BytesView content) override {
    *content_ = statekit::Bytes(content);
    return {};
  }
  statekit::Status append(statekit::BytesView bytes) override {
    (*content_)->append(bytes);
    return {};
  }
  void remove() override { content_->reset(); }

 private:
  std::shared_ptr<std::optional<statekit::Bytes>> content_;
};

// A replica with its feed.
struct ToyServer : ToyReplica {
  explicit ToyServer(std::shared_ptr<journal::MemoryStore> shared = nullptr,
                     statekit::FeedLimits limits = {})
      : ToyReplica(std::move(shared)),
        hub(
            broadcast, *journal,
            [this] {
              ++snapshots;
              return core.snapshot_parts();
            },
            limits, [this] { ++nudges; }) {}

  int snapshots = 0;  // how many were encoded
  int nudges = 0;
  statekit::FeedHub hub;
};

using Disk = std::shared_ptr<std::optional<statekit::Bytes>>;

// A follower and, while it is connected, its session.
struct ToyFollower {
  explicit ToyFollower(std::string instance, Disk disk = nullptr,
                       statekit::FollowerLimits limits = {}, std::size_t tail_bytes_min = 1 << 20)
      : core({"toy", std::move(instance), 1}, projection,
             disk ? std::make_unique<statekit::FollowerCache>(std::make_unique<MemoryFile>(disk),
                                                              "toy 1", tail_bytes_min)
                  : nullptr,
             limits) {}

  statekit::Status connect(ToyServer& server, statekit::MonoMs now = 0) {
    auto opened = server.hub.open(core.hello(), now);
    if (!opened) return statekit::fail(opened.error());
    session = std::move(*opened);
    return {};
  }

  // One message from the session to the follower and its acks back; false when there is none.
  statekit::Result<bool> step(statekit::MonoMs now = 0) {
    auto message = session->next(now);
    if (!message) return statekit::fail(message.error());
    if (!*message) return false;
    received.push_back(**message);
    auto acks = core.on_message(**message, now);
    if (!acks) return statekit::fail(acks.error());
    for (const statekit::Ack& ack : *acks)
      if (const auto taken = session->on_ack(ack, now); !taken)
        return statekit::fail(taken.error());
    return true;
  }

  // Until the session has nothing to send; the error that ended it, if any.
  statekit::Status drain(statekit::MonoMs now = 0) {
    for (;;) {
      const auto more = step(now);
      if (!more) return statekit::fail(more.error());
      if (!*more) return {};
    }
  }
  template <class Message>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& message : received) found += std::holds_alternative<Message>(message);
    return found;
  }
  std::int64_t value(const std::string& name) const { return projection.read()->value(name); }

  statekit::Projection<ToyState> projection;
  statekit::FollowerCore<ToyState, ToyCodec> core;
  std::unique_ptr<statekit::FeedSession> session;
  std::vector<statekit::FeedMessage> received;
};

}  // namespace millrace::test
