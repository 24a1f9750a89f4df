#include "services/timeline/service.hpp"

#include <atomic>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"

using namespace millrace;
using namespace millrace::timeline;

namespace {

TimelineEvent event(const std::string& request) {
  return {0, 0, request, "", statekit::LogEvent{LineLevel::info, "test", "", "a line", {}}};
}

}  // namespace

TEST_CASE("events without a time get the present one and those that are too large are dropped") {
  test::ManualClock clock;
  TimelineLimits limits;
  limits.event_bytes_max = 2'000;
  TimelineService service(clock, limits);
  TimelineEvent timed = event("b");
  timed.time_ms = 77;
  const Published published = service.publish({event("a"), timed, event(std::string(3'000, 'x'))});
  CHECK(published.accepted == 2);
  CHECK(published.dropped == 1);
  const Page page = service.query({}, 0, 0);
  REQUIRE(page.events.size() == 2);
  CHECK(page.events[0]->time_ms == 77);
  CHECK(page.events[1]->time_ms == clock.wall_ms());
  CHECK(page.dropped == 1);
  CHECK(page.oldest_id == 1);
}

TEST_CASE("a query without a limit gets a hundred events and none gets more than the maximum") {
  test::ManualClock clock;
  TimelineLimits limits;
  limits.query_events_max = 150;
  TimelineService service(clock, limits);
  service.publish(std::vector<TimelineEvent>(300, event("r")));
  CHECK(service.query({}, 0, 0).events.size() == 100);
  CHECK(service.query({}, 120, 0).events.size() == 120);
  CHECK(service.query({}, 100'000, 0).events.size() == 150);
}

TEST_CASE("watchers are woken by news until they leave") {
  test::ManualClock clock;
  TimelineService service(clock, {});
  std::atomic<int> woken{0};
  const std::uint64_t id = service.watch([&] { ++woken; });
  REQUIRE(id != 0);
  service.publish({event("a")});
  CHECK(test::eventually([&] { return woken > 0; }));
  service.unwatch(id);
  const int before = woken;
  service.publish({event("b")});
  service.stop();
  CHECK(woken == before);
}

TEST_CASE("a watcher may leave from within its own wake") {
  test::ManualClock clock;
  TimelineService service(clock, {});
  std::atomic<std::uint64_t> id{0};
  std::atomic<int> woken{0};
  id = service.watch([&] {
    ++woken;
    service.unwatch(id);
  });
  service.publish({event("a")});
  CHECK(test::eventually([&] { return service.watching() == 0; }));
  service.publish({event("b")});
  service.stop();
  CHECK(woken == 1);
}

TEST_CASE("G8: the number of watchers is bounded") {
  test::ManualClock clock;
  TimelineLimits limits;
  limits.streams_max = 2;
  TimelineService service(clock, limits);
  CHECK(service.watch([] {}) != 0);
  const std::uint64_t second = service.watch([] {});
  CHECK(service.watch([] {}) == 0);
  service.unwatch(second);
  CHECK(service.watch([] {}) != 0);
}
