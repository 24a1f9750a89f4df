// A follower as the simulation runs it: the product's FollowerCore over a link that delays, cuts
// and loses, and a cache file that a crash may tear. Test support; one thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/change_codec.hpp"
#include "sim/dice.hpp"
#include "sim/replica.hpp"
#include "statekit/follower_core.hpp"

namespace millrace::sim {

// The content of a disk that outlives the process.
struct Disk {
  std::optional<statekit::Bytes> content;
};

class DiskOf final : public statekit::CacheFile {
 public:
  explicit DiskOf(Disk& disk) : disk_(disk) {}
  statekit::Result<statekit::Bytes> read() override {
    if (!disk_.content) return statekit::fail(statekit::Code::not_found, "no cache");
    return *disk_.content;
  }
  statekit::Status replace(statekit::BytesView content) override {
    disk_.content = statekit::Bytes(content);
    return {};
  }
  statekit::Status append(statekit::BytesView bytes) override {
    if (disk_.content) *disk_.content += bytes;
    return {};
  }
  void remove() override { disk_.content.reset(); }

 private:
  Disk& disk_;
};

class Follower {
 public:
  virtual ~Follower() = default;
  // The link is up or comes up; moves some messages. False: nothing to do.
  virtual void run(Replica* replica, Dice& dice, statekit::MonoMs now) = 0;
  virtual void cut(Dice& dice, statekit::MonoMs now) = 0;
  // The process dies and starts again from its cache, which the crash may have torn.
  virtual void crash(Dice& dice) = 0;
  // The schema service is gone: every stream to it ends.
  virtual void server_gone(Dice& dice, statekit::MonoMs now) = 0;
  virtual statekit::Revision revision() const = 0;
  // Links lose and garble nothing from now on. What was lost before is noticed when the next commit
  // comes, or at a new stream: a last one that no transport should lose stays lost otherwise.
  virtual void calm(Dice& dice, statekit::MonoMs now) = 0;
  virtual bool has_state() const = 0;
  virtual std::uint64_t digest() const = 0;
  // A fault that its own eyes saw: going back, skipping. Empty: none.
  virtual const std::string& fault() const = 0;
};

template <class State>
class FollowerOf final : public Follower {
 public:
  FollowerOf(std::string kind, std::string instance)
      : kind_(std::move(kind)), instance_(std::move(instance)) {
    boot();
  }

  void run(Replica* replica, Dice& dice, statekit::MonoMs now) override {
    if (session_ == nullptr) {
      if (replica == nullptr || now < reconnect_ms_) return;
      auto opened = replica->hub().open(core_->hello(), now);
      if (!opened) return lost(opened.error(), dice, now);
      session_ = std::move(*opened);
    }
    for (std::size_t i = dice.below(4); i > 0; --i)
      if (!pull(now))
        return lost({statekit::Code::unavailable, "the server ended it", {}}, dice, now);
    disturb(dice);
    for (std::size_t i = dice.below(4); i > 0 && !wire_.empty(); --i)
      if (!deliver(now)) return lost({statekit::Code::data_loss, "bad message", {}}, dice, now);
    while (!acks_.empty() && dice.percent(80))
      if (!acknowledge(now))
        return lost({statekit::Code::unavailable, "ack refused", {}}, dice, now);
  }

  void cut(Dice& dice, statekit::MonoMs now) override {
    if (session_ != nullptr) lost({statekit::Code::unavailable, "cut", {}}, dice, now);
  }

  void calm(Dice& dice, statekit::MonoMs now) override {
    calm_ = true;
    cut(dice, now);
  }

  void crash(Dice& dice) override {
    session_.reset();
    wire_.clear();
    acks_.clear();
    if (disk_.content && !disk_.content->empty() && dice.percent(30)) tear(dice);
    boot();
  }

  void server_gone(Dice& dice, statekit::MonoMs now) override { cut(dice, now); }

  statekit::Revision revision() const override { return projection_->revision(); }
  bool has_state() const override { return core_->position().has_value(); }
  std::uint64_t digest() const override { return projection_->read()->digest(); }
  const std::string& fault() const override { return fault_; }
  const State& state() const { return *projection_->read(); }

 private:
  void boot() {
    projection_ = std::make_unique<statekit::Projection<State>>();
    auto cache = std::make_unique<statekit::FollowerCache>(std::make_unique<DiskOf>(disk_),
                                                           kind_ + " 1", 512);
    core_ = std::make_unique<statekit::FollowerCore<State, schema::ChangeCodec>>(
        statekit::FollowerIdentity{kind_, instance_, 1}, *projection_, std::move(cache));
    static_cast<void>(core_->load_cache());  // nothing to start from is fine
    seen_ = projection_->revision();
    reconnect_ms_ = 0;
  }

  void tear(Dice& dice) {
    statekit::Bytes& content = *disk_.content;
    if (dice.percent(50))
      content.resize(dice.below(content.size()));
    else
      content[dice.below(content.size())] ^= static_cast<char>(1 + dice.below(255));
  }

  bool pull(statekit::MonoMs now) {
    auto next = session_->next(now);
    if (!next) return false;
    if (*next) wire_.push_back(std::move(**next));
    return true;
  }

  // No transport should lose, repeat or garble; a follower must notice the one that does.
  void disturb(Dice& dice) {
    if (calm_ || wire_.empty() || !dice.percent(3)) return;
    const std::size_t at = dice.below(wire_.size());
    const auto place = wire_.begin() + static_cast<std::ptrdiff_t>(at);
    if (dice.percent(40)) {
      wire_.erase(place);
    } else if (dice.percent(50)) {
      const statekit::FeedMessage again = *place;
      wire_.insert(place, again);
    } else if (auto* commits = std::get_if<statekit::Commits>(&*place)) {
      statekit::FeedCommit& commit = commits->commits[dice.below(commits->commits.size())];
      auto bytes = std::make_shared<statekit::Bytes>(*commit.bytes);
      (*bytes)[dice.below(bytes->size())] ^= static_cast<char>(1 + dice.below(255));
      commit.bytes = bytes;
    }
  }

  bool deliver(statekit::MonoMs now) {
    auto acks = core_->on_message(wire_.front(), now);
    wire_.pop_front();
    watch();
    if (!acks) return false;
    acks_.insert(acks_.end(), acks->begin(), acks->end());
    return true;
  }

  bool acknowledge(statekit::MonoMs now) {
    const statekit::Ack ack = acks_.front();
    acks_.pop_front();
    return session_->on_ack(ack, now).has_value();
  }

  void watch() {
    const statekit::Revision revision = projection_->revision();
    if (revision < seen_)
      fault_ = "G3: " + instance_ + " went back from " + std::to_string(seen_) + " to " +
               std::to_string(revision);
    seen_ = revision;
  }

  void lost(const statekit::Error& why, Dice& dice, statekit::MonoMs now) {
    session_.reset();
    wire_.clear();
    acks_.clear();
    reconnect_ms_ = now + core_->on_disconnected(why, now, dice.fraction());
  }

  const std::string kind_;
  const std::string instance_;
  Disk disk_;
  std::unique_ptr<statekit::Projection<State>> projection_;
  std::unique_ptr<statekit::FollowerCore<State, schema::ChangeCodec>> core_;
  std::unique_ptr<statekit::FeedSession> session_;
  std::deque<statekit::FeedMessage> wire_;
  std::deque<statekit::Ack> acks_;
  statekit::MonoMs reconnect_ms_ = 0;
  statekit::Revision seen_ = 0;
  bool calm_ = false;
  std::string fault_;
};

}  // namespace millrace::sim
