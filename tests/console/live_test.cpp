#include "services/console/live.hpp"
#include "support/catch.hpp"
#include "tests/console/fakes.hpp"
#include "tests/console/story.hpp"

using namespace millrace;
using console::EventFilter;
using console::Live;

namespace {

std::string words(std::string text) { return text; }

Live::Text says(std::string text) {
  return [text = std::move(text)] { return words(text); };
}

std::string ids(const std::vector<statekit::TimelineEvent>& events) {
  std::string out;
  for (const auto& event : events) out += std::to_string(event.id) + " ";
  return out;
}

statekit::TimelineEvent event(std::uint64_t id) {
  statekit::TimelineEvent out;
  out.id = id;
  return out;
}

}  // namespace

TEST_CASE("a page that joins hears the overview first, then what happened lately") {
  Live live({4, 10});
  live.replace({event(2), event(1)}, 0);
  const auto page = std::make_shared<test::FakeStream>();
  REQUIRE(live.join(page, says("{\"a\":1}")));
  const std::string text = page->take();
  CHECK(text.find("event: overview\ndata: {\"a\":1}\n\nevent: activity\ndata: {\"events\":[{") ==
        0);
  CHECK(text.find("\"replace\":true") != std::string::npos);
  CHECK(text.substr(text.size() - 2) == "\n\n");
}

TEST_CASE("all pages hear the same, and text is made only when somebody listens") {
  Live live({4, 10});
  live.say("status", []() -> std::string { throw std::logic_error("nobody listens"); });
  const auto one = std::make_shared<test::FakeStream>();
  const auto two = std::make_shared<test::FakeStream>();
  live.join(one, says("{}"));
  live.join(two, says("{}"));
  one->take();
  two->take();
  live.say("status", says("{\"x\":2}"));
  CHECK(one->take() == "event: status\ndata: {\"x\":2}\n\n");
  CHECK(two->take() == "event: status\ndata: {\"x\":2}\n\n");
}

TEST_CASE("G8: a page that does not keep up is cut off and the others go on") {
  Live live({4, 10});
  const auto slow = std::make_shared<test::FakeStream>();
  const auto good = std::make_shared<test::FakeStream>();
  live.join(slow, says("{}"));
  live.join(good, says("{}"));
  slow->be_slow();
  good->take();
  live.say("status", says("{}"));
  CHECK(slow->closed());
  CHECK(live.streams() == 1);
  CHECK_FALSE(good->take().empty());
}

TEST_CASE("G8: the number of pages and of kept events is bounded") {
  Live live({2, 3});
  CHECK_FALSE(live.full());
  live.join(std::make_shared<test::FakeStream>(), says("{}"));
  live.join(std::make_shared<test::FakeStream>(), says("{}"));
  CHECK(live.full());
  live.happened({event(2), event(1)});
  live.happened({event(4), event(3)});
  CHECK(ids(live.recent({})) == "4 3 2 ");
  live.replace({event(9), event(8), event(7), event(6)}, 0);
  CHECK(ids(live.recent({})) == "9 8 7 ");
}

TEST_CASE("events are found by type, module, verb and request") {
  Live live({1, 100});
  live.replace(test::story_events(), 0);
  const auto found = [&](EventFilter filter) { return ids(live.recent(filter)); };
  CHECK(found({"ingress", "", "", "", 0, 100}) == "118 113 112 109 106 ");
  CHECK(found({"", "orders", "", "", 0, 100}) == "114 110 109 108 ");
  CHECK(found({"", "", "now", "", 0, 100}) == "115 ");
  CHECK(found({"", "", "", "req-7f38", 0, 100}) == "112 111 ");
  CHECK(found({"", "", "", "", 110, 2}) == "109 108 ");
}

TEST_CASE("after closing, streams end and nobody joins") {
  Live live({4, 10});
  const auto page = std::make_shared<test::FakeStream>();
  live.join(page, says("{}"));
  live.close();
  CHECK(page->closed());
  const auto late = std::make_shared<test::FakeStream>();
  CHECK_FALSE(live.join(late, says("{}")));
  CHECK(late->closed());
}
