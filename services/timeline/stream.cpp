#include "services/timeline/stream.hpp"

#include <vector>

#include <grpcpp/grpcpp.h>

#include "services/timeline/codec.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/timeline.pb.h"

namespace millrace::timeline {

using statekit::Code;
using statekit::Error;

// `busy_` says that one thread reads the ring or a message is on its way; whoever finds it set
// leaves a note in `again_` and goes. So no event is missed and nothing waits under a lock.
class Streams::Reader final : public Reactor, public std::enable_shared_from_this<Reader> {
 public:
  Reader(Streams& streams, Filter filter, std::uint64_t position)
      : streams_(streams), filter_(std::move(filter)), position_(position) {}

  // The reader hears at once that it is connected; its events follow.
  void begin() {
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      busy_ = true;
    }
    watch_ = streams_.service_.watch([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->advance();
    });
    if (watch_ == 0)
      end({Code::resource_exhausted,
           "too many readers of the timeline (timeline.streams_max); try again later",
           {}});
    StartSendInitialMetadata();
  }

  void end(Error why) {
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      ending_ = true;
      why_ = std::move(why);
      if (busy_) return;  // who is busy will finish
      busy_ = true;
    }
    Finish(statekit::to_grpc(why_));
  }

  void OnCancel() override { end({Code::cancelled, "the reader is gone", {}}); }
  void OnSendInitialMetadataDone(bool ok) override { sent(ok); }
  void OnWriteDone(bool ok) override { sent(ok); }
  void OnDone() override {
    if (watch_ != 0) streams_.service_.unwatch(watch_);
    streams_.forget(this);
  }

 private:
  void sent(bool ok) {
    if (!ok) end({Code::cancelled, "the reader is gone", {}});
    {
      std::lock_guard lock(mutex_);
      busy_ = false;
      again_ = false;
    }
    advance();
  }

  void advance() {
    while (true) {
      {
        std::lock_guard lock(mutex_);
        again_ = busy_;
        if (busy_) return;
        busy_ = true;
        if (ending_) break;
      }
      if (read()) return StartWrite(&message_);
      std::lock_guard lock(mutex_);
      if (ending_) break;
      busy_ = false;
      if (!again_) return;
    }
    Finish(statekit::to_grpc(why_));
  }

  // The next message, if there is something to say. REQUIRES: busy_ is ours.
  bool read() {
    Batch batch;
    do {
      batch = streams_.service_.read_after(position_, filter_);
      gap_ = gap_ || batch.gap;
      position_ = batch.position;
    } while (batch.events.empty() && batch.more);
    if (batch.events.empty() && !gap_) return false;
    batch.gap = std::exchange(gap_, false);
    message_.Clear();
    encode(batch, message_);
    return true;
  }

  Streams& streams_;
  const Filter filter_;
  std::uint64_t watch_ = 0;
  std::uint64_t position_;
  bool gap_ = false;
  v2alpha1::TimelineStreamResponse message_;

  std::mutex mutex_;
  bool busy_ = false;
  bool again_ = false;
  bool ending_ = false;
  Error why_;
};

Streams::Reactor* Streams::open(Filter filter, std::uint64_t position) {
  auto reader = std::make_shared<Reader>(*this, std::move(filter), position);
  {
    std::lock_guard lock(mutex_);
    readers_.emplace(reader.get(), reader);
    if (ended_) reader->end({Code::unavailable, "the timeline stops", {}});
  }
  reader->begin();
  return reader.get();
}

Streams::Reactor* Streams::refuse(const Error& error) {
  auto reader = std::make_shared<Reader>(*this, Filter{}, 0);
  {
    std::lock_guard lock(mutex_);
    readers_.emplace(reader.get(), reader);
  }
  reader->end(error);
  return reader.get();
}

void Streams::end() {
  std::vector<std::shared_ptr<Reader>> open;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    for (const auto& [raw, reader] : readers_) open.push_back(reader);
  }
  for (const auto& reader : open) reader->end({Code::unavailable, "the timeline stops", {}});
}

void Streams::forget(Reader* reader) {
  std::lock_guard lock(mutex_);
  readers_.erase(reader);
}

}  // namespace millrace::timeline
