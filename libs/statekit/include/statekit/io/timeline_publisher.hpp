// TimelinePublisher: hands events to the timeline without ever holding up who publishes. Events
// wait in a bounded queue; a thread of its own sends them in batches; what does not fit is dropped
// and counted. While the timeline is away the queue fills and the batch in hand is tried again, so
// an event may arrive twice, never late for the caller. Used by routing and ingress. Thread safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "statekit/result.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::statekit {

class Channel;

struct PublisherLimits {
  std::size_t events_max = 8192;  // waiting; further ones are dropped
  std::size_t bytes_max = std::size_t{8} << 20;
  std::size_t batch_events_max = 512;
  std::size_t batch_bytes_max = std::size_t{1} << 20;
  std::int64_t gather_ms = 20;  // how long the first event of a batch waits for company
  std::int64_t backoff_ms_min = 100;
  std::int64_t backoff_ms_max = 5'000;
};

// Sends one batch and waits for the answer, with a deadline of its own. Called on the publisher's
// thread. Code::unavailable or deadline_exceeded: the batch is tried again; another error: dropped.
using SendBatch = std::function<Status(const std::vector<TimelineEvent>& batch)>;

// Sends to a TimelineService.
SendBatch to_timeline(const Channel& channel, std::int64_t deadline_ms = 2'000);

// What may fill the queue, and what leaves half of it to the rest.
enum class Weight { full, half };

class TimelinePublisher {
 public:
  explicit TimelinePublisher(SendBatch send, PublisherLimits limits = {});
  ~TimelinePublisher() { stop(0); }
  TimelinePublisher(const TimelinePublisher&) = delete;
  TimelinePublisher& operator=(const TimelinePublisher&) = delete;

  // Never waits. False: the queue is full or the publisher stopped; the event is dropped, counted.
  bool publish(TimelineEvent event, Weight weight = Weight::full);

  std::uint64_t sent() const;
  std::uint64_t dropped() const;

  // Takes no more, tries for at most `ms` to send what waits, drops and counts the rest.
  // Idempotent.
  void stop(std::int64_t ms);

 private:
  void run();
  bool gather();
  void deliver();
  bool rest(std::int64_t ms);

  const SendBatch send_;
  const PublisherLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // for the sending thread
  std::condition_variable empty_;  // for stop
  std::deque<TimelineEvent> queue_;
  std::size_t queued_bytes_ = 0;
  std::vector<TimelineEvent> batch_;  // in hand; only the thread touches its events
  std::size_t in_hand_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t dropped_ = 0;
  bool draining_ = false;  // takes no more
  bool stopped_ = false;   // sends no more
  std::thread thread_;
};

}  // namespace millrace::statekit
