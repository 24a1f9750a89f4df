// A schema service reduced to its feed: tests tell it commits, followers get them encoded and
// chained as on the wire, but without a server. It can go away and come back. Thread safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "schema/change_codec.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::test {

class SchemaFeed {
 public:
  explicit SchemaFeed(statekit::Incarnation incarnation = "aa")
      : shared_(std::make_shared<Shared>()) {
    shared_->incarnation = std::move(incarnation);
  }
  ~SchemaFeed() { go_away(); }

  // One commit; its revision.
  statekit::Revision tell(std::vector<schema::Event> events) {
    std::lock_guard lock(shared_->mutex);
    schema::Commit commit;
    commit.meta.revision = shared_->commits.size() + 1;
    commit.meta.time_ms = 1'700'000'000'000;
    commit.meta.author = "ada";
    commit.events = std::move(events);
    const statekit::Envelope envelope = statekit::to_envelope<schema::ChangeCodec>(commit);
    const statekit::Digest before =
        shared_->commits.empty() ? statekit::Digest{} : shared_->commits.back().digest;
    shared_->commits.push_back({commit.meta.revision,
                                std::make_shared<const statekit::Bytes>(encode(envelope)),
                                chain(before, commit.meta.revision, envelope)});
    shared_->changed.notify_all();
    return commit.meta.revision;
  }
  void go_away() { set_away(true); }
  void come_back() { set_away(false); }

  // For a service's wiring.
  std::function<std::unique_ptr<statekit::FeedTransport>()> transport() const {
    return [shared = shared_] { return std::make_unique<Transport>(shared); };
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    statekit::Incarnation incarnation;
    std::vector<statekit::FeedCommit> commits;
    bool away = false;
    int epoch = 0;  // streams of an older one are over

    statekit::Position position(statekit::Revision revision) const {
      return {incarnation, revision,
              revision == 0 ? statekit::Digest{} : commits[revision - 1].digest};
    }
  };

  class Stream final : public statekit::FeedStream {
   public:
    Stream(std::shared_ptr<Shared> shared, const statekit::Hello& hello)
        : shared_(std::move(shared)), epoch_(shared_->epoch) {
      if (hello.position && hello.position->incarnation == shared_->incarnation) {
        at_ = hello.position->revision;
        return;
      }
      parts_ = statekit::encode_snapshot_parts<schema::ChangeCodec>({shared_->position(0), 0}, {});
    }

    statekit::Result<statekit::FeedMessage> read(std::int64_t ms) override {
      std::unique_lock lock(shared_->mutex);
      if (sent_ < parts_.parts.size()) return next_part();
      shared_->changed.wait_for(lock, std::chrono::milliseconds(std::min<std::int64_t>(ms, 200)),
                                [this] { return over() || shared_->commits.size() > at_; });
      if (over()) return statekit::fail(statekit::Code::unavailable, "the schema service is away");
      if (shared_->commits.size() == at_)
        return statekit::Heartbeat{shared_->position(shared_->commits.size())};
      statekit::Commits out;
      out.commits.assign(shared_->commits.begin() + static_cast<std::ptrdiff_t>(at_),
                         shared_->commits.end());
      at_ = shared_->commits.size();
      return out;
    }
    statekit::Status ack(const statekit::Ack&) override { return {}; }
    void cancel() override {
      std::lock_guard lock(shared_->mutex);
      cancelled_ = true;
      shared_->changed.notify_all();
    }

   private:
    bool over() const { return cancelled_ || shared_->away || shared_->epoch != epoch_; }
    statekit::FeedMessage next_part() {
      statekit::SnapshotPart part;
      part.position = parts_.position;
      part.index = static_cast<std::uint32_t>(sent_);
      part.data = parts_.parts[sent_++];
      part.last = sent_ == parts_.parts.size();
      return part;
    }

    const std::shared_ptr<Shared> shared_;
    const int epoch_;
    std::size_t at_ = 0;
    statekit::SnapshotParts parts_;
    std::size_t sent_ = 0;
    bool cancelled_ = false;
  };

  class Transport final : public statekit::FeedTransport {
   public:
    explicit Transport(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    statekit::Result<std::unique_ptr<statekit::FeedStream>> connect(
        const statekit::Hello& hello) override {
      std::lock_guard lock(shared_->mutex);
      if (shared_->away)
        return statekit::fail(statekit::Code::unavailable, "the schema service is away");
      return std::unique_ptr<statekit::FeedStream>(std::make_unique<Stream>(shared_, hello));
    }

   private:
    const std::shared_ptr<Shared> shared_;
  };

  void set_away(bool away) {
    std::lock_guard lock(shared_->mutex);
    shared_->away = away;
    ++shared_->epoch;
    shared_->changed.notify_all();
  }

  const std::shared_ptr<Shared> shared_;
};

}  // namespace millrace::test
