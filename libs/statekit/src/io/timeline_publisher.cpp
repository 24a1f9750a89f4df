#include "statekit/io/timeline_publisher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::statekit {
namespace {

bool worth_another_try(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::deadline_exceeded;
}

}  // namespace

TimelinePublisher::TimelinePublisher(SendBatch send, PublisherLimits limits)
    : send_(std::move(send)), limits_(limits), thread_([this] { run(); }) {}

bool TimelinePublisher::publish(TimelineEvent event, Weight weight) {
  const std::size_t bytes = size_of(event);
  const std::size_t parts = weight == Weight::half ? 2 : 1;
  bool first = false;
  bool full_batch = false;
  {
    std::lock_guard lock(mutex_);
    if (draining_ || queue_.size() >= limits_.events_max / parts ||
        queued_bytes_ + bytes > limits_.bytes_max / parts) {
      ++dropped_;
      return false;
    }
    first = queue_.empty();
    queue_.push_back(std::move(event));
    queued_bytes_ += bytes;
    full_batch = queue_.size() == limits_.batch_events_max;
  }
  if (first || full_batch) wake_.notify_one();
  return true;
}

std::uint64_t TimelinePublisher::sent() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

std::uint64_t TimelinePublisher::dropped() const {
  std::lock_guard lock(mutex_);
  return dropped_;
}

void TimelinePublisher::stop(std::int64_t ms) {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    wake_.notify_all();
    empty_.wait_for(lock, std::chrono::milliseconds(ms),
                    [this] { return stopped_ || (queue_.empty() && in_hand_ == 0); });
    stopped_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  dropped_ += queue_.size();
  queue_.clear();
  queued_bytes_ = 0;
}

void TimelinePublisher::run() {
  while (gather()) deliver();
}

// Waits for events and takes a batch of them in hand; false when the publisher stops.
bool TimelinePublisher::gather() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
  wake_.wait_for(lock, std::chrono::milliseconds(limits_.gather_ms), [this] {
    return stopped_ || draining_ || queue_.size() >= limits_.batch_events_max;
  });
  if (stopped_) return false;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch_.size() < limits_.batch_events_max) {
    const std::size_t next = size_of(queue_.front());
    if (!batch_.empty() && bytes + next > limits_.batch_bytes_max) break;
    bytes += next;
    queued_bytes_ -= next;
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  in_hand_ = batch_.size();
  return true;
}

// Sends the batch in hand, again and again while the timeline is away and nobody stops us.
void TimelinePublisher::deliver() {
  std::int64_t backoff_ms = limits_.backoff_ms_min;
  bool delivered = false;
  for (bool again = true; again;) {
    const Status status = send_(batch_);
    delivered = status.has_value();
    again = !delivered && worth_another_try(status.error()) && rest(backoff_ms);
    backoff_ms = std::min(backoff_ms * 2, limits_.backoff_ms_max);
  }
  std::lock_guard lock(mutex_);
  (delivered ? sent_ : dropped_) += batch_.size();
  batch_.clear();
  in_hand_ = 0;
  if (queue_.empty()) empty_.notify_all();
}

// False when the publisher stops meanwhile.
bool TimelinePublisher::rest(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopped_; });
}

}  // namespace millrace::statekit
