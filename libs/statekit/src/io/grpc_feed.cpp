#include "statekit/io/grpc_feed.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "feed_wire.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::statekit {
namespace {

constexpr std::size_t messages_max = 4;  // read ahead of the follower
constexpr std::size_t acks_max = 64;     // waiting to be written

// One call. Keeps itself alive until gRPC is done with it.
class Subscription final
    : public grpc::ClientBidiReactor<v2alpha1::SubscribeRequest, v2alpha1::SubscribeResponse> {
 public:
  static std::shared_ptr<Subscription> begin(const Channel& channel, const Hello& hello) {
    auto call = std::shared_ptr<Subscription>(new Subscription);
    call->self_ = call;
    call->stub_ = v2alpha1::SchemaService::NewStub(channel.grpc());
    call->stub_->async()->Subscribe(&call->context_, call.get());
    call->outgoing_ = to_wire(hello);
    call->writing_ = true;
    call->AddHold();  // reads and writes are also started from the follower's thread
    call->StartWrite(&call->outgoing_);
    call->StartRead(&call->incoming_);
    call->StartCall();
    return call;
  }

  Result<FeedMessage> read(std::int64_t ms) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return !messages_.empty() || done_; };
    if (!changed_.wait_for(lock, std::chrono::milliseconds(ms), ready))
      return fail(Code::deadline_exceeded, "the feed was silent for " + std::to_string(ms) + " ms");
    if (messages_.empty()) return fail(ended());
    Result<FeedMessage> message = std::move(messages_.front());
    messages_.pop_front();
    if (paused_ && held_) StartRead(&incoming_);
    paused_ = false;
    return message;
  }

  Status ack(const Ack& ack) {
    std::lock_guard lock(mutex_);
    if (done_) return fail(ended());
    if (closed_) return {};  // the read side says why
    if (!writing_) {
      outgoing_ = to_wire(ack);
      writing_ = true;
      StartWrite(&outgoing_);
      return {};
    }
    // A newer acknowledgement says all that an older one did, but for the state's digest.
    if (!acks_.empty() && !acks_.back().state_digest) acks_.pop_back();
    if (acks_.size() == acks_max) acks_.pop_front();
    acks_.push_back(ack);
    return {};
  }

  void cancel() { context_.TryCancel(); }

  // Cancels, and waits until gRPC has let go.
  void end() {
    cancel();
    std::unique_lock lock(mutex_);
    let_go();
    changed_.wait(lock, [this] { return done_; });
  }

  void OnReadDone(bool ok) override {
    std::lock_guard lock(mutex_);
    if (!ok) return let_go();  // the status follows in OnDone
    messages_.push_back(from_wire(incoming_));
    paused_ = messages_.size() >= messages_max;
    if (!paused_) StartRead(&incoming_);
    changed_.notify_all();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    closed_ = closed_ || !ok;
    if (closed_ || acks_.empty()) return;
    outgoing_ = to_wire(acks_.front());
    acks_.pop_front();
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Subscription> self = std::move(self_);
    std::lock_guard lock(mutex_);
    done_ = true;
    if (!status.ok()) error_ = from_grpc(status);
    changed_.notify_all();
  }

 private:
  Subscription() = default;
  Error ended() const { return error_; }

  // REQUIRES: mutex_ is held. From here on nothing is started from the follower's thread.
  void let_go() {
    closed_ = true;
    if (std::exchange(held_, false)) RemoveHold();
  }

  std::unique_ptr<v2alpha1::SchemaService::Stub> stub_;
  grpc::ClientContext context_;
  v2alpha1::SubscribeRequest outgoing_;
  v2alpha1::SubscribeResponse incoming_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<FeedMessage>> messages_;
  std::deque<Ack> acks_;
  bool paused_ = false;  // no read is under way: the follower has enough to do
  bool writing_ = false;
  bool closed_ = false;  // nothing can be written any more
  bool held_ = true;
  bool done_ = false;
  Error error_{Code::unavailable, "the server ended the feed", {}};
  std::shared_ptr<Subscription> self_;
};

class GrpcFeedStream final : public FeedStream {
 public:
  explicit GrpcFeedStream(std::shared_ptr<Subscription> call) : call_(std::move(call)) {}
  ~GrpcFeedStream() override { call_->end(); }
  Result<FeedMessage> read(std::int64_t ms) override { return call_->read(ms); }
  Status ack(const Ack& ack) override { return call_->ack(ack); }
  void cancel() override { call_->cancel(); }

 private:
  const std::shared_ptr<Subscription> call_;
};

class GrpcFeedTransport final : public FeedTransport {
 public:
  explicit GrpcFeedTransport(std::vector<Channel> channels) : channels_(std::move(channels)) {
    check(!channels_.empty(), "a feed has at least one channel");
  }
  Result<std::unique_ptr<FeedStream>> connect(const Hello& hello) override {
    const Channel& channel = channels_[next_++ % channels_.size()];
    return std::make_unique<GrpcFeedStream>(Subscription::begin(channel, hello));
  }

 private:
  const std::vector<Channel> channels_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<FeedTransport> make_grpc_feed_transport(std::vector<Channel> channels) {
  return std::make_unique<GrpcFeedTransport>(std::move(channels));
}

}  // namespace millrace::statekit
