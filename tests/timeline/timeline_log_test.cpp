#include "statekit/io/timeline_log.hpp"

#include <atomic>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"

using namespace millrace;
using namespace millrace::statekit;

namespace {

// Keeps what it is sent; read after the publisher has stopped.
struct Told {
  std::vector<LogEvent> lines;
  test::ManualClock clock;
  TimelinePublisher publisher{[this](const std::vector<TimelineEvent>& batch) -> Status {
    for (const TimelineEvent& event : batch) lines.push_back(std::get<LogEvent>(event.what));
    return {};
  }};
  void end() { publisher.stop(10'000); }
};

LogEvent line(const std::string& text) { return {LineLevel::info, "echo", "dpl-1", text, {}}; }

TEST_CASE("a flood of lines is cut to so many a second, and what was left out is told (G8)") {
  Told told;
  TimelineLog log(told.publisher, told.clock, {100, 3, 10});
  for (int i = 0; i < 5; ++i) log.add(line("early"));
  told.clock.advance(100);
  log.add(line("later"));
  told.end();
  REQUIRE(told.lines.size() == 4);
  CHECK(told.lines[3].message == "later");
  CHECK(told.lines[3].fields == std::map<std::string, std::string>{{"left_out_before", "2"}});
}

TEST_CASE("a long line is shortened and one that is no text made readable (G8, G11)") {
  Told told;
  TimelineLog log(told.publisher, told.clock, {10, 3, 10});
  log.add(line(std::string(1'000, 'x')));
  log.add(line("a\xff"));
  told.end();
  REQUIRE(told.lines.size() == 2);
  CHECK(told.lines[0].message.size() <= 13);
  CHECK(told.lines[1].message == "a?");
}

TEST_CASE("of a process's own lines warnings and errors go, but none about the timeline") {
  Told told;
  TimelineLog log(told.publisher, told.clock);
  log.add_own({LogLevel::info, 1, "feed.connected", {}});
  log.add_own({LogLevel::warn, 1, "feed.disconnected", {{"follower", "routing"}}});
  log.add_own({LogLevel::error, 1, "timeline.lost", {}});
  log.add_own({LogLevel::error, 1, "schema.rebuilt", {}});
  told.end();
  REQUIRE(told.lines.size() == 2);
  CHECK(told.lines[0].level == LineLevel::warn);
  CHECK(told.lines[0].source == "feed");
  CHECK(told.lines[0].message == "feed.disconnected");
  CHECK(told.lines[0].fields.at("follower") == "routing");
  CHECK(told.lines[1].level == LineLevel::error);
}

TEST_CASE("G10: what is audited is told even in a flood") {
  Told told;
  TimelineLog log(told.publisher, told.clock, {100, 1, 1});
  log.add(line("first"));
  log.add(line("left out"));
  log.add_own({LogLevel::warn, 1, "audit.secret-read", {{"by", "eve"}}});
  log.add_own({LogLevel::warn, 1, "audit.secret-read", {{"by", "ada"}}});
  told.end();
  REQUIRE(told.lines.size() == 3);
  CHECK(told.lines[1].source == "audit");
  CHECK(told.lines[1].fields.at("by") == "eve");
  CHECK(told.lines[2].fields.at("by") == "ada");
}

TEST_CASE("denied attempts and broken locks are told in a flood too, and no module's own lines") {
  Told told;
  TimelineLog log(told.publisher, told.clock, {100, 1, 1});
  log.add(line("first"));
  log.add_own({LogLevel::warn, 1, "access.denied", {{"who", "eve"}}});
  log.add_own({LogLevel::warn, 1, "state.forced", {{"who", "op"}}});
  log.add_own({LogLevel::warn, 1, "state.machine", {}});
  log.add({LineLevel::warn, "audit", "dpl-audit-0123456789", "audit.secret-read", {}});
  told.end();
  REQUIRE(told.lines.size() == 3);
  CHECK(told.lines[1].fields.at("who") == "eve");
  CHECK(told.lines[2].fields.at("who") == "op");
}

TEST_CASE("lines for the audit have a queue of their own, and what did not fit is told next (G8)") {
  Told others;
  std::atomic<bool> away{true};
  std::vector<LogEvent> lines;  // read after the end
  PublisherLimits limits;
  limits.events_max = 4;
  limits.batch_events_max = 1;
  limits.backoff_ms_max = 1;
  limits.backoff_ms_min = 1;
  TimelinePublisher audit(
      [&](const std::vector<TimelineEvent>& batch) -> Status {
        if (away) return fail(Code::unavailable, "away");
        for (const TimelineEvent& event : batch) lines.push_back(std::get<LogEvent>(event.what));
        return {};
      },
      limits);
  TimelineLog log(others.publisher, others.clock, {100, 1'000, 0}, &audit);
  for (int i = 0; i < 500; ++i) log.add(line("a busy module"));
  for (int i = 0; i < 10; ++i) log.add_own({LogLevel::warn, 1, "access.denied", {}});
  const std::uint64_t lost = audit.dropped();
  CHECK(lost >= 7);  // two wait, and one may be in hand
  away = false;
  CHECK(test::eventually([&] { return audit.sent() == 10 - lost; }));
  log.add_own({LogLevel::warn, 1, "access.denied", {}});
  log.add_own({LogLevel::warn, 1, "access.denied", {}});
  audit.stop(10'000);
  others.end();
  REQUIRE(lines.size() == 12 - lost);
  CHECK(lines[lines.size() - 2].fields.at("lost_before") == std::to_string(lost));
  CHECK(lines.back().fields.empty());
  CHECK(others.lines.size() == 500);
}

TEST_CASE(
    "what is denied while the timeline is away leaves half of the queue to what is done (G8)") {
  test::ManualClock clock;
  std::atomic<bool> away{true};
  std::atomic<int> done{0};
  PublisherLimits limits;
  limits.events_max = 10;
  limits.batch_events_max = 1;
  limits.backoff_ms_min = limits.backoff_ms_max = 1;
  TimelinePublisher audit(
      [&](const std::vector<TimelineEvent>& batch) -> Status {
        if (away) return fail(Code::unavailable, "away");
        for (const TimelineEvent& event : batch)
          done += std::get<LogEvent>(event.what).source == "audit" ? 1 : 0;
        return {};
      },
      limits);
  TimelineLog log(audit, clock);
  for (int i = 0; i < 1'000; ++i) log.add_own({LogLevel::warn, 1, "access.denied", {}});
  for (int i = 0; i < 5; ++i) log.add_own({LogLevel::warn, 1, "audit.secret-read", {}});
  away = false;
  audit.stop(10'000);
  CHECK(done == 5);
}

}  // namespace
