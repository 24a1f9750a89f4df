#include "services/console/server_timeline.hpp"

#include <algorithm>
#include <chrono>

#include <grpcpp/grpcpp.h>

#include "statekit/io/ids.hpp"
#include "statekit/io/rpc.hpp"
#include "statekit/io/timeline_codec.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;
using statekit::TimelineEvent;

constexpr std::int64_t backoff_ms_min = 200;
constexpr std::int64_t backoff_ms_max = 5'000;
constexpr auto query_deadline = std::chrono::milliseconds(5'000);

// Newest first; events of kinds that this build does not know are left out.
template <class Messages>
std::vector<TimelineEvent> newest_first(const Messages& messages) {
  std::vector<TimelineEvent> events;
  for (const pb::TimelineEvent& message : messages) {
    statekit::Result<TimelineEvent> event = statekit::decode(message);
    if (event) events.push_back(std::move(*event));
  }
  std::sort(events.begin(), events.end(),
            [](const TimelineEvent& a, const TimelineEvent& b) { return a.id > b.id; });
  return events;
}

}  // namespace

void TimelineTail::start() {
  if (timeline_)
    thread_ = std::thread([this] { run(); });
  else
    set_error("no timeline is set: console.timeline names one");
}

void TimelineTail::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (cancel_) cancel_();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string TimelineTail::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void TimelineTail::run() {
  backoff_ms_ = backoff_ms_min;
  while (true) {
    const statekit::Error why = follow_once();
    set_error("the timeline does not answer: " + why.message);
    const double jitter = 0.5 + statekit::random_fraction() / 2;
    if (!pause(static_cast<std::int64_t>(static_cast<double>(backoff_ms_) * jitter))) return;
    backoff_ms_ = std::min(backoff_ms_max, backoff_ms_ * 2);
  }
}

// Returns when the stream has ended, with the reason.
statekit::Error TimelineTail::follow_once() {
  const statekit::Result<std::uint64_t> newest = take_newest();
  if (!newest) return newest.error();
  grpc::ClientContext context;
  if (!begin([&context] { context.TryCancel(); }))
    return {statekit::Code::cancelled, "stopping", {}};
  pb::TimelineStreamRequest request;
  request.set_after_id(*newest);
  request.set_from_oldest(*newest == 0);
  const auto stream = pb::TimelineService::NewStub(timeline_.grpc())->Stream(&context, request);
  set_error({});
  backoff_ms_ = backoff_ms_min;
  pb::TimelineStreamResponse response;
  bool gap = false;
  while (!gap && stream->Read(&response)) {
    gap = response.gap();
    if (!gap) live_.happened(newest_first(response.events()));
  }
  if (gap) context.TryCancel();
  const grpc::Status status = stream->Finish();
  end();
  if (gap) return {statekit::Code::data_loss, "events in between are no longer kept", {}};
  return status.ok() ? statekit::Error{statekit::Code::unavailable, "it ended the stream", {}}
                     : statekit::from_grpc(status);
}

// The newest events replace what was shown; the id of the newest of them, 0 where there is none.
statekit::Result<std::uint64_t> TimelineTail::take_newest() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + query_deadline);
  if (!begin([&context] { context.TryCancel(); }))
    return fail(statekit::Code::cancelled, "stopping");
  pb::TimelineQueryRequest request;
  request.set_limit(static_cast<std::uint32_t>(events_max_));
  pb::TimelineQueryResponse response;
  const grpc::Status status =
      pb::TimelineService::NewStub(timeline_.grpc())->Query(&context, request, &response);
  end();
  if (!status.ok()) return fail(statekit::from_grpc(status));
  std::vector<TimelineEvent> events = newest_first(response.events());
  const std::uint64_t newest = events.empty() ? 0 : events.front().id;
  live_.replace(std::move(events), response.dropped());
  return newest;
}

bool TimelineTail::begin(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  cancel_ = std::move(cancel);
  return true;
}

void TimelineTail::end() {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
}

void TimelineTail::set_error(std::string error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

bool TimelineTail::pause(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

}  // namespace millrace::console
