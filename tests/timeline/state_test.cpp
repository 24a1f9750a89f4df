#include "services/timeline/state.hpp"

#include <random>

#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::timeline;
using namespace millrace::statekit;

namespace {

TimelineEvent call(const std::string& request, const std::string& module = "echo",
                   const std::string& verb = "get", WallMs time = 1) {
  CallEvent what;
  what.module = module;
  what.verb = verb;
  return {0, time, request, "", what};
}

TimelineEvent line(LineLevel level, const std::string& source = "echo") {
  return {0, 1, "", "", LogEvent{level, source, "", "a line", {}}};
}

std::vector<std::uint64_t> ids(const std::vector<EventPtr>& events) {
  std::vector<std::uint64_t> out;
  for (const EventPtr& event : events) out.push_back(event->id);
  return out;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("events get ids in the order of arrival and a query gives the newest first") {
  TimelineState state;
  CHECK(state.oldest_id() == 1);
  for (int i = 1; i <= 5; ++i) CHECK(state.add(call("r")) == static_cast<std::uint64_t>(i));
  CHECK(ids(state.query({}, 0, {})) == Ids{5, 4, 3, 2, 1});
  PageLimits two;
  two.events_max = 2;
  CHECK(ids(state.query({}, 0, two)) == Ids{5, 4});
  CHECK(ids(state.query({}, 4, two)) == Ids{3, 2});
  CHECK(ids(state.query({}, 2, two)) == Ids{1});
  CHECK(ids(state.query({}, 1, two)) == Ids{});
  CHECK(ids(state.query({}, 99, two)) == Ids{5, 4});
}

TEST_CASE("everything that a filter sets must match") {
  TimelineState state;
  state.add(call("r1", "echo", "get", 100));
  state.add(call("r2", "time", "now", 200));
  state.add({0, 300, "r1", "", IngressEvent{"GET", "/e", "/e", "echo", "get", 200, 1, "", 0, 0}});
  state.add(line(LineLevel::debug));
  state.add(line(LineLevel::error, "time"));
  state.add({0, 400, "", "", ChangesetEvent{"chs-1", "prepared", {"echo", "time"}, "", "", 1}});
  state.add({0, 500, "", "", DeploymentEvent{"dpl-1", "time", "canonical", "", 1}});
  const auto found = [&](auto set) {
    Filter filter;
    set(filter);
    return ids(state.query(filter, 0, {}));
  };
  CHECK(found([](Filter& f) { f.types = {"log", "changeset"}; }) == Ids{6, 5, 4});
  CHECK(found([](Filter& f) { f.module = "echo"; }) == Ids{6, 4, 3, 1});
  CHECK(found([](Filter& f) { f.module = "time"; }) == Ids{7, 6, 5, 2});
  CHECK(found([](Filter& f) { f.verb = "get"; }) == Ids{3, 1});
  CHECK(found([](Filter& f) { f.request_id = "r1"; }) == Ids{3, 1});
  CHECK(found([](Filter& f) { f.level_min = LineLevel::warn; }) == Ids{7, 6, 5, 3, 2, 1});
  CHECK(found([](Filter& f) { f.since_ms = 200; }) == Ids{7, 6, 3, 2});
  CHECK(found([](Filter& f) { f.since_ms = 200, f.until_ms = 300; }) == Ids{3, 2});
  CHECK(found([](Filter& f) { f.request_id = "r1", f.types = {"call"}; }) == Ids{1});
}

TEST_CASE("G8: the ring keeps the newest events within its number and its bytes") {
  TimelineState few({3, 1 << 20});
  for (int i = 0; i < 10; ++i) few.add(call("r"));
  CHECK(ids(few.query({}, 0, {})) == Ids{10, 9, 8});
  CHECK(few.oldest_id() == 8);
  const std::size_t one = size_of(call("r"));
  TimelineState small({1'000, 4 * one});
  for (int i = 0; i < 10; ++i) small.add(call("r"));
  CHECK(small.size() == 4);
  CHECK(small.bytes() == 4 * one);
  small.add(call(std::string(100 * one, 'x')));
  CHECK(ids(small.query({}, 0, {})) == Ids{11});
}

TEST_CASE("a page ends where its bytes end and never empty while there is something") {
  TimelineState state;
  for (int i = 0; i < 10; ++i) state.add(call(std::string(1'000, 'x')));
  PageLimits limits;
  limits.bytes_max = 3 * size_of(call(std::string(1'000, 'x')));
  CHECK(ids(state.query({}, 0, limits)) == Ids{10, 9, 8});
  limits.bytes_max = 1;
  CHECK(ids(state.query({}, 0, limits)) == Ids{10});
  CHECK(ids(state.read_after(0, {}, limits).events) == Ids{1});
}

TEST_CASE("a reader that goes on from its position sees each event once and in order") {
  TimelineState state({50, 1 << 20});
  std::mt19937_64 random(3);
  Filter only_echo;
  only_echo.module = "echo";
  std::uint64_t position = 0;
  Ids seen;
  Ids wanted;
  for (int round = 0; round < 300; ++round) {
    for (std::uint64_t i = random() % 10; i > 0; --i) {
      const bool echo = random() % 2 == 0;
      const std::uint64_t id = state.add(call("r", echo ? "echo" : "time"));
      if (echo) wanted.push_back(id);
    }
    PageLimits limits;
    limits.events_max = 1 + random() % 4;
    limits.scanned_max = 1 + random() % 6;
    Batch batch;
    do {
      batch = state.read_after(position, only_echo, limits);
      CHECK_FALSE(batch.gap);
      REQUIRE(batch.position >= position);
      position = batch.position;
      for (const std::uint64_t id : ids(batch.events)) seen.push_back(id);
    } while (batch.more);
    CHECK(position == state.newest_id());
  }
  CHECK(seen == wanted);
}

TEST_CASE("a reader that fell out of the ring gets what is kept and is told of the gap") {
  TimelineState state({3, 1 << 20});
  for (int i = 0; i < 10; ++i) state.add(call("r"));
  const Batch late = state.read_after(5, {}, {});
  CHECK(late.gap);
  CHECK(ids(late.events) == Ids{8, 9, 10});
  const Batch just_in_time = state.read_after(7, {}, {});
  CHECK_FALSE(just_in_time.gap);
  CHECK(ids(just_in_time.events) == Ids{8, 9, 10});
}

TEST_CASE("a position of the future is that of a timeline that was lost") {
  TimelineState state;
  state.add(call("r"));
  state.add(call("r"));
  const Batch batch = state.read_after(99, {}, {});
  CHECK(batch.gap);
  CHECK(ids(batch.events) == Ids{1, 2});
  CHECK(batch.position == 2);
  CHECK_FALSE(state.read_after(2, {}, {}).gap);
}
