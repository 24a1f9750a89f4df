// What a file of config says that is so already.
#include "cli/config_same.hpp"

#include "cli/config_file.hpp"
#include "support/catch.hpp"

using namespace millrace::cli;

TEST_CASE("the same value is known in any order and spelling, and no other is taken for it") {
  CHECK(same_json(R"({"a":1,"b":["x",true,null]})", "{ \"b\": [\"x\", true, null], \"a\": 1 }"));
  CHECK(same_json("2.50", "25e-1"));
  CHECK(same_json(R"("\u0041\"")", R"("A\"")"));
  CHECK_FALSE(same_json("123456789012345678901234567890", "123456789012345678901234567891"));
  CHECK_FALSE(same_json("9007199254740993", "9007199254740992"));
  CHECK_FALSE(same_json("7", "\"7\""));
  CHECK_FALSE(same_json("7", "\"n7\""));
  CHECK_FALSE(same_json("[1,2]", "[2,1]"));
  CHECK_FALSE(same_json("null", "\"null\""));
  CHECK_FALSE(same_json("{", "["));
}

TEST_CASE("what is so already is left out: what is set to it, and what is unset without a value") {
  const std::vector<ConfigChange> left =
      without_same({{"shop", "same", R"({"b":1,"a":2})"},
                    {"shop", "other", "2"},
                    {"shop", "fresh", "3"},
                    {"shop", "gone", {}},
                    {"shop", "same", {}},
                    {"", "same", R"({"a":2,"b":1})"}},
                   {{{"shop", "same"}, R"({"a":2,"b":1})"}, {{"shop", "other"}, "1"}});
  REQUIRE(left.size() == 4);
  CHECK(left[0].name == "other");
  CHECK(left[1].name == "fresh");
  CHECK((left[2].name == "same" && !left[2].json));
  CHECK(left[3].module.empty());
}

TEST_CASE("of what was exported nothing is left to import") {
  const std::vector<ConfigChange> values{{"", "region", "\"eu \\\"\\\\ ü\""},
                                         {"cart", "list", "[1,2.5,1e30,[true,\"x\"]]"},
                                         {"shop", "limits", R"({"most":7,"a b":{"c":"]"}})"}};
  std::map<ConfigKey, std::string> now;
  for (const ConfigChange& each : values) now[{each.module, each.name}] = *each.json;
  for (const ConfigFormat format : {ConfigFormat::json, ConfigFormat::toml})
    CHECK(without_same(*parse_config(*print_config(values, format), format, "f"), now).empty());
}
