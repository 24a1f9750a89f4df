// Laws of JSON values over many of them.
#include <random>

#include "json_cases.hpp"

using namespace millrace::schema;
using namespace millrace::test;

TEST_CASE("what is canonical stays as it is, and aliases on and off again change nothing") {
  static const std::string item = R"({"note":"n","id":"1","cost":2e0})";
  static const std::vector<std::pair<std::string, std::vector<std::string>>> fields = {
      {"i", {"1", "-7", "2.0", "\"5\""}},
      {"f", {"1", "2.5", "\"1e3\""}},
      {"s", {"\"x\"", "\"\\u00e4\""}},
      {"b", {"true", "\"false\""}},
      {"y", {"\"\"", "\"TWE=\""}},
      {"t", {"\"2024-01-01t00:00:00z\""}},
      {"a", {"1.50", "null", "[{\"x\":{}}]", item}},
      {"u", {"{}", "null"}},
      {"l", {"[]", "[1, \"2\"]"}},
      {"m", {"{}", "{ \"k\" : " + item + "}"}},
      {"o", {"1", "null"}},
      {"any2", {"[]", "null"}},
      {"unit2", {"{}", "null"}}};
  const Shape everything = shape("shop.Everything");
  std::mt19937 random(11);
  int accepted = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::string json = "{";
    for (const auto& [key, values] : fields) {
      if (random() % 40 == 0) continue;
      const auto& source = random() % 40 == 0 ? fields[random() % fields.size()].second : values;
      json += (json.size() == 1 ? "\"" : ",\"") + key + "\":" + source[random() % source.size()];
    }
    json += "}";
    const JsonResult once = everything.canonicalize(json);
    if (!once) continue;
    ++accepted;
    INFO(json);
    REQUIRE(*everything.canonicalize(*once) == *once);
    const JsonResult aliased = everything.canonicalize(*once, {.with_aliases = true});
    REQUIRE(aliased.has_value());
    REQUIRE(*everything.canonicalize(*aliased) == *once);
  }
  CHECK(accepted > 1'000);
}

TEST_CASE("G11: damaged JSON gets a fault or a value, never a crash") {
  const std::string whole =
      R"({"i":1,"f":2.5e3,"s":"a\u20ac\n","b":true,"y":"TWE=","t":"2024-01-01T00:00:00Z",)"
      R"("a":[{"x":null}],"u":{},"l":[1,2,3],"m":{"k":{"id":1,"cost":2,"tags":["t"]}}})";
  const Shape everything = shape("shop.Everything");
  REQUIRE(everything.canonicalize(whole).has_value());
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string json = whole;
    for (int edit = 0; edit < 1 + round % 3; ++edit) {
      const std::size_t at = random() % json.size();
      switch (random() % 3) {
        case 0: json.erase(at, random() % 10); break;
        case 1: json.insert(at, 1, "{}[]\",:0-eu\\ \n"[random() % 14]); break;
        default: json[at] = static_cast<char>(random() % 256);
      }
    }
    const JsonResult once = everything.canonicalize(json);
    INFO(json);
    if (once) {
      REQUIRE(*everything.canonicalize(*once) == *once);
    } else {
      REQUIRE_FALSE(once.error().empty());
    }
  }
}
