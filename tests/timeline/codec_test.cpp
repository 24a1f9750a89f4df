#include "statekit/io/timeline_codec.hpp"

#include "statekit/utf8.hpp"
#include "support/catch.hpp"
#include "v2alpha1/timeline.pb.h"

using namespace millrace;
using namespace millrace::statekit;

namespace {

TimelineEvent with(decltype(TimelineEvent::what) what) {
  return {7, 1'700'000'000'000, "r1", "00-aa-bb-01", std::move(what)};
}

std::vector<TimelineEvent> one_of_each() {
  return {
      with(CallEvent{"echo", "get", {"a.b", "c.d"}, "dpl-echo-1", "ept-1", 42, "ok", "e", 3, 4}),
      with(IngressEvent{"GET", "/echo", "/echo", "echo", "get", 200, 9, "e", 1, 2}),
      with(LogEvent{LineLevel::warn, "echo", "dpl-echo-1", "careful", {{"k", "v"}}}),
      with(ChangesetEvent{"chs-1", "prepared", {"echo"}, "why", "ada", 12}),
      with(DeploymentEvent{"dpl-echo-1", "echo", "canonical", "ept-1", 13}),
  };
}

}  // namespace

TEST_CASE("every kind of timeline event survives the wire") {
  for (const TimelineEvent& event : one_of_each()) {
    v2alpha1::TimelineEvent message;
    encode(event, message);
    v2alpha1::TimelineEvent arrived;
    REQUIRE(arrived.ParseFromString(message.SerializeAsString()));
    const auto back = decode(arrived);
    REQUIRE(back);
    CHECK(*back == event);
  }
}

TEST_CASE("a timeline event without a kind is refused") {
  v2alpha1::TimelineEvent message;
  message.set_request_id("r");
  const auto back = decode(message);
  REQUIRE_FALSE(back);
  CHECK(back.error().code == Code::invalid_argument);
}

TEST_CASE("text that is no UTF-8 still reaches the timeline") {
  v2alpha1::TimelineEvent message;
  encode(with(CallEvent{"echo", "get", {}, "", "", 0, "ok", "bad \xff\xc3 text", 0, 0}), message);
  CHECK(message.call().error() == "bad ?? text");
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x8C\x8A"));
  for (const char* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x8C", "\xFF"})
    CHECK_FALSE(is_utf8(bad));
  CHECK(shortened("abcdefgh", 8) == "abcdefgh");
  CHECK(shortened("abcdefghi", 8) == "abcde...");
  CHECK(shortened("abc\xE2\x82\xAC\xE2\x82\xAC", 8) == "abc...");
}
