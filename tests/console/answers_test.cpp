// The format of the console's answers is frozen: what an open page of an older build reads must not
// change under it. MILLRACE_REWRITE=1 writes the fixtures anew; read the difference before keeping
// it.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/console/codec.hpp"
#include "support/catch.hpp"
#include "tests/console/changes.hpp"
#include "tests/console/story.hpp"

using namespace millrace;

namespace {

void check_fixture(const std::string& name, const std::string& answer) {
  const std::string path = std::string(CONSOLE_FIXTURES) + "/" + name;
  const std::string text = nlohmann::ordered_json::parse(answer).dump(1) + "\n";
  if (std::getenv("MILLRACE_REWRITE") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream expected;
  expected << in.rdbuf();
  CHECK(text == expected.str());
}

}  // namespace

TEST_CASE("the overview of a system is as frozen") {
  check_fixture(
      "overview.json",
      console::overview_json(console::system_json(test::story_state(), 50), test::story_status()));
}

TEST_CASE("the overview of a system where nothing is deployed is as frozen") {
  console::StatusView status = test::story_status();
  status.revision = status.head = 0;
  status.commit_time_ms = 0;
  status.followers = {{"console", "console-1", 0, 0, 140, true, false}};
  status.storage = "sqlite:.millrace/schema/journal.db";
  status.replicas.resize(1);
  status.replicas[0].revision = 0;
  check_fixture("overview_empty.json",
                console::overview_json(console::system_json({}, 50), status));
}

TEST_CASE("the activity is as frozen") {
  check_fixture("activity.json", console::activity_json(test::story_events(), true, 0));
  check_fixture("activity_empty.json", console::activity_json({}, true, 0));
}

TEST_CASE("a module's answer is as frozen, with its schema in canonical text") {
  const auto answer = console::module_json(test::story_state(), "orders");
  REQUIRE(answer.has_value());
  check_fixture("module_orders.json", *answer);
  CHECK_FALSE(console::module_json(test::story_state(), "nobody").has_value());
}

TEST_CASE("64-bit integers keep all digits in JSON") {
  console::StatusView status;
  status.revision = 9'007'199'254'740'993;  // 2^53 + 1
  const auto json = nlohmann::json::parse(console::status_json(status));
  CHECK(json["feed"]["revision"] == "9007199254740993");
}

TEST_CASE("G8: the overview shows all changesets in flight and a bounded number of ended ones") {
  console::ConsoleState state;
  for (int i = 0; i < 9; ++i) {
    const std::string key = "chs-" + std::to_string(i);
    state.apply(test::commit(state.revision() + 1, {test::created(key, {})}));
    if (i % 3 != 0)
      state.apply(test::commit(state.revision() + 1, {schema::ChangesetFailed{key, "no"}}));
  }
  const auto json =
      nlohmann::json::parse(console::overview_json(console::system_json(state, 2), {}));
  std::string keys;
  for (const auto& changeset : json["changesets"])
    keys += changeset["key"].get<std::string>() + " ";
  CHECK(keys == "chs-8 chs-7 chs-6 chs-3 chs-0 ");
}

TEST_CASE("G11: text that is no UTF-8 does not stop an answer") {
  statekit::TimelineEvent event;
  event.what = statekit::LogEvent{statekit::LineLevel::info, "a\xff", "", "b\xc3", {}};
  CHECK(nlohmann::json::accept(console::activity_json({event}, true, 0)));
}
