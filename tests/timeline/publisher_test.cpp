#include "statekit/io/timeline_publisher.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <set>

#include "support/catch.hpp"

using namespace millrace::statekit;

namespace {

TimelineEvent event(const std::string& request) {
  return {0, 1, request, "", LogEvent{LineLevel::info, "test", "", "a line", {}}};
}

// A timeline that answers as it is told and keeps what it got.
struct FakeTimeline {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;       // false: `send` blocks
  Status answer{};        // what it says
  std::size_t tries = 0;  // batches that came
  std::vector<std::string> got;

  SendBatch sender() {
    return [this](const std::vector<TimelineEvent>& batch) -> Status {
      std::unique_lock lock(mutex);
      ++tries;
      changed.notify_all();
      changed.wait(lock, [this] { return open; });
      if (!answer) return answer;
      for (const TimelineEvent& each : batch) got.push_back(each.request_id);
      changed.notify_all();
      return {};
    };
  }
  template <class Condition>
  bool eventually(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), condition);
  }
  void set(bool is_open, Status says) {
    std::lock_guard lock(mutex);
    open = is_open;
    answer = std::move(says);
    changed.notify_all();
  }
};

}  // namespace

TEST_CASE("a publisher delivers every event in order") {
  FakeTimeline timeline;
  TimelinePublisher publisher(timeline.sender());
  std::vector<std::string> wanted;
  for (int i = 0; i < 2000; ++i) {
    wanted.push_back("r" + std::to_string(i));
    REQUIRE(publisher.publish(event(wanted.back())));
  }
  publisher.stop(60'000);
  CHECK(timeline.got == wanted);
  CHECK(publisher.sent() == 2000);
  CHECK(publisher.dropped() == 0);
  CHECK_FALSE(publisher.publish(event("late")));
  CHECK(publisher.dropped() == 1);
}

TEST_CASE("G8: a full publisher drops and counts while the timeline hangs and never waits") {
  FakeTimeline timeline;
  timeline.open = false;
  PublisherLimits limits;
  limits.events_max = 10;
  limits.gather_ms = 0;
  TimelinePublisher publisher(timeline.sender(), limits);
  REQUIRE(publisher.publish(event("in hand")));
  REQUIRE(timeline.eventually([&] { return timeline.tries == 1; }));
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += publisher.publish(event("x")) ? 1 : 0;
  CHECK(taken == 10);
  CHECK(publisher.dropped() == 90);
  timeline.set(true, {});
  publisher.stop(60'000);
  CHECK(publisher.sent() == 11);
}

TEST_CASE("G8: the bytes that wait are bounded too") {
  FakeTimeline timeline;
  timeline.open = false;
  PublisherLimits limits;
  limits.bytes_max = 3000;
  limits.gather_ms = 0;
  TimelinePublisher publisher(timeline.sender(), limits);
  REQUIRE(publisher.publish(event("in hand")));
  REQUIRE(timeline.eventually([&] { return timeline.tries == 1; }));
  CHECK(publisher.publish(event(std::string(1000, 'x'))));
  CHECK_FALSE(publisher.publish(event(std::string(2500, 'x'))));
  timeline.set(true, {});
}

TEST_CASE("a batch is tried again while the timeline is away") {
  FakeTimeline timeline;
  timeline.answer = fail(Code::unavailable, "away");
  PublisherLimits limits;
  limits.backoff_ms_min = 1;
  TimelinePublisher publisher(timeline.sender(), limits);
  REQUIRE(publisher.publish(event("a")));
  REQUIRE(timeline.eventually([&] { return timeline.tries >= 3; }));
  timeline.set(true, {});
  REQUIRE(timeline.eventually([&] { return timeline.got.size() == 1; }));
  publisher.stop(60'000);
  CHECK(publisher.sent() == 1);
}

TEST_CASE("a batch that the timeline refuses is dropped and counted") {
  FakeTimeline timeline;
  timeline.answer = fail(Code::invalid_argument, "no");
  TimelinePublisher publisher(timeline.sender());
  REQUIRE(publisher.publish(event("a")));
  publisher.stop(60'000);
  CHECK(timeline.tries == 1);
  CHECK(publisher.dropped() == 1);
}

TEST_CASE("a publisher stops in time when the timeline stays away") {
  FakeTimeline timeline;
  timeline.answer = fail(Code::unavailable, "away");
  TimelinePublisher publisher(timeline.sender());
  REQUIRE(publisher.publish(event("a")));
  publisher.stop(10);
  CHECK(publisher.sent() == 0);
  CHECK(publisher.dropped() == 1);
}
