#include "statekit/io/grpc_feed_server.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "feed_wire.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::statekit {
namespace {

// How long followers have to take in what is on its way to them when the service stops.
constexpr auto farewell = std::chrono::milliseconds(1'000);
// How finely heartbeats are timed.
constexpr auto tick = std::chrono::milliseconds(100);

using Reactor = grpc::ServerBidiReactor<v2alpha1::SubscribeRequest, v2alpha1::SubscribeResponse>;

class Stream;

// The streams that are open. Outlives them.
struct Streams {
  FeedHub& hub;
  const Clock& clock;
  PastStates* const past;  // null: nobody is told of it
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Stream*, std::shared_ptr<Stream>> open;
  bool dirty = false;
  bool stopping = false;

  Streams(FeedHub& feed_hub, const Clock& feed_clock, PastStates* past_states)
      : hub(feed_hub), clock(feed_clock), past(past_states) {}
  void forget(Stream* stream) {
    std::shared_ptr<Stream> last;  // dropped after the lock
    std::lock_guard lock(mutex);
    const auto it = open.find(stream);
    last = std::move(it->second);
    open.erase(it);
    changed.notify_all();
  }
};

// One follower's stream. gRPC calls its reactions on threads of its own; one message at a time is
// being written, and when that is done the session says what comes next.
class Stream final : public Reactor, public std::enable_shared_from_this<Stream> {
 public:
  Stream(Streams& streams, grpc::CallbackServerContext* context)
      : streams_(streams), context_(context), opened_ms_(streams.clock.mono_ms()) {}

  void begin() {
    std::lock_guard lock(mutex_);
    if (!finished_) StartRead(&incoming_);
  }

  void pump() {
    std::lock_guard lock(mutex_);
    if (past_) return end_slow();
    if (!session_) return end_silent();
    send_next();
  }

  void end(const Error& why) {
    std::lock_guard lock(mutex_);
    finish(to_grpc(why));
  }

  // Without a word: for one that takes nothing in any more.
  void cut() {
    std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }

  void OnReadDone(bool ok) override {
    Revision asked = 0;
    {
      std::lock_guard lock(mutex_);
      if (!ok && past_) return;  // it has said all; the answer is still to come
      if (!ok) return finish(grpc::Status::OK);
      const bool first = !past_;
      if (const Status taken = take_in(); !taken) return finish(to_grpc(taken));
      if (finished_) return;
      if (past_ && first) asked = incoming_.hello().at_revision();
      StartRead(&incoming_);
      if (!past_) send_next();
    }
    if (asked != 0) ask_past(asked);  // unlocked, since the answer may come at once
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) return finish({grpc::StatusCode::CANCELLED, "the follower is gone"});
    send_next();
  }

  void OnCancel() override { end({Code::cancelled, "the follower is gone", {}}); }

  void OnDone() override {
    {
      std::lock_guard lock(mutex_);
      session_.reset();
      context_ = nullptr;
    }
    streams_.forget(this);
  }

 private:
  // The first message is the hello, each later one an acknowledgement.
  Status take_in() {
    const MonoMs now = streams_.clock.mono_ms();
    if (past_) return fail(Code::invalid_argument, "who asks for the past says nothing more");
    if (session_) {
      if (!incoming_.has_ack())
        return fail(Code::invalid_argument, "after its hello a follower sends acknowledgements");
      const Result<Ack> ack = from_wire(incoming_.ack());
      if (!ack) return fail(ack.error());
      return session_->on_ack(*ack, now);
    }
    if (!incoming_.has_hello())
      return fail(Code::invalid_argument, "a follower's first message is its hello");
    if (incoming_.hello().at_revision() != 0) return enter_past();
    Result<Hello> hello = from_wire(incoming_.hello());
    if (!hello) return fail(std::move(hello.error()));
    Result<std::unique_ptr<FeedSession>> session = streams_.hub.open(std::move(*hello), now);
    if (!session) return fail(std::move(session.error()));
    session_ = std::move(*session);
    return {};
  }

  Status enter_past() {
    if (streams_.past == nullptr)
      return fail(Code::unimplemented, "this service tells nothing of the past");
    Result<PastState> entered = streams_.past->enter();
    if (!entered) return fail(std::move(entered.error()));
    past_ = std::move(*entered);
    return {};
  }

  // The state is made elsewhere; this stream may have ended by then, and keeps its place until
  // then.
  void ask_past(Revision revision) {
    streams_.past->make(revision, [self = shared_from_this()](Result<SnapshotParts> made) {
      std::lock_guard lock(self->mutex_);
      if (self->finished_) return;
      if (!made) return self->finish(to_grpc(made.error()));
      self->past_->begin(std::move(*made));
      self->send_next();
    });
  }

  void end_slow() {
    if (streams_.clock.mono_ms() - opened_ms_ <= past_state_ms_max) return;
    const std::string max = std::to_string(past_state_ms_max);
    finish({grpc::StatusCode::DEADLINE_EXCEEDED,
            "the past state was not taken in within " + max + " ms: ask again"});
    if (context_ != nullptr) context_->TryCancel();
  }

  // A stream costs memory; who opens one says at once who it is.
  void end_silent() {
    const MonoMs max = streams_.hub.limits().hello_ms_max;
    if (streams_.clock.mono_ms() - opened_ms_ <= max) return;
    finish({grpc::StatusCode::DEADLINE_EXCEEDED, "no hello within " + std::to_string(max) +
                                                     " ms: a follower begins by saying who it is"});
  }

  void send_next() {
    if (past_) return send_past();
    if (!session_ || writing_ || finished_) return;
    const auto next = session_->next(streams_.clock.mono_ms());
    if (!next) return finish(to_grpc(next.error()));
    if (!*next) return;
    to_wire(**next, outgoing_);
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void send_past() {
    if (writing_ || finished_ || !past_->begun()) return;
    const std::optional<SnapshotPart> part = past_->next();
    if (!part) return finish(grpc::Status::OK);
    to_wire(*part, outgoing_);
    outgoing_.mutable_snapshot()->set_past(true);
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void finish(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  Streams& streams_;
  std::mutex mutex_;
  grpc::CallbackServerContext* context_;  // until OnDone
  const MonoMs opened_ms_;
  v2alpha1::SubscribeRequest incoming_;
  v2alpha1::SubscribeResponse outgoing_;
  std::unique_ptr<FeedSession> session_;
  std::optional<PastState> past_;  // instead of a session
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace

struct GrpcFeed::Impl {
  Streams streams;
  std::uint64_t subscription = 0;
  std::thread thread;

  Impl(FeedHub& hub, const Clock& clock, PastStates* past) : streams(hub, clock, past) {}

  std::vector<std::shared_ptr<Stream>> all() {
    std::lock_guard lock(streams.mutex);
    std::vector<std::shared_ptr<Stream>> open;
    for (const auto& [raw, stream] : streams.open) open.push_back(stream);
    return open;
  }

  void run() {
    for (;;) {
      {
        std::unique_lock lock(streams.mutex);
        streams.changed.wait_for(lock, tick, [&] { return streams.dirty || streams.stopping; });
        if (streams.stopping) return;
        streams.dirty = false;
      }
      for (const auto& stream : all()) stream->pump();
    }
  }
};

GrpcFeed::GrpcFeed(FeedHub& hub, const Clock& clock, PastStates* past)
    : impl_(std::make_unique<Impl>(hub, clock, past)) {
  impl_->subscription = hub.broadcast().subscribe([streams = &impl_->streams] {
    {
      std::lock_guard lock(streams->mutex);
      streams->dirty = true;
    }
    streams->changed.notify_all();
  });
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

GrpcFeed::~GrpcFeed() { stop(); }

Reactor* GrpcFeed::subscribe(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<Stream>(impl_->streams, context);
  bool stopping = false;
  {
    std::lock_guard lock(impl_->streams.mutex);
    impl_->streams.open.emplace(stream.get(), stream);
    stopping = impl_->streams.stopping;
  }
  if (stopping)
    stream->end({Code::unavailable, "the service is stopping: follow another replica", {}});
  else
    stream->begin();
  return stream.get();
}

void GrpcFeed::stop() {
  {
    std::lock_guard lock(impl_->streams.mutex);
    if (std::exchange(impl_->streams.stopping, true)) return;
  }
  impl_->streams.changed.notify_all();
  impl_->thread.join();
  impl_->streams.hub.broadcast().unsubscribe(impl_->subscription);
  for (const auto& stream : impl_->all())
    stream->end({Code::unavailable, "the service is stopping: follow another replica", {}});
  const auto gone = [&] { return impl_->streams.open.empty(); };
  {
    std::unique_lock lock(impl_->streams.mutex);
    if (impl_->streams.changed.wait_for(lock, farewell, gone)) return;
  }
  for (const auto& stream : impl_->all()) stream->cut();
  std::unique_lock lock(impl_->streams.mutex);
  impl_->streams.changed.wait(lock, gone);
}

}  // namespace millrace::statekit
