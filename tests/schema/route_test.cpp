// Route patterns: what is one, what it matches, which of two wins.
#include "schema/route.hpp"

#include <random>

#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

RoutePattern route(const std::string& path, const std::string& method = "GET") {
  const auto pattern = parse_route(method, path);
  REQUIRE(pattern.has_value());
  return *pattern;
}

}  // namespace

TEST_CASE("a path is literals and parameters and prints as it was written") {
  for (const char* path : {"/", "/a", "/a/{b}/c-d.e~f", "/{a}/{b}", "/h\xc3\xa4user"}) {
    CHECK(to_string(route(path)) == std::string("GET ") + path);
  }
  CHECK(route("/a/{b}").segments[1] == RouteSegment{true, "b"});
}

TEST_CASE("a path that could match nothing or too much is refused") {
  for (const char* path : {"", "a", "//", "/a/", "/a//b", "/./a", "/a/..", "/{a}/{a}", "/{}",
                           "/{1}", "/a{b}", "/{a}b", "/a?b", "/a#b", "/a%20b", "/a b"}) {
    INFO(path);
    CHECK_FALSE(parse_route("GET", path).has_value());
  }
}

TEST_CASE("a request matches by method, literals and number of segments") {
  CHECK(matches(route("/a/{b}"), "GET", {"a", "anything at all"}));
  CHECK(matches(route("/"), "GET", {}));
  CHECK_FALSE(matches(route("/a/{b}"), "POST", {"a", "b"}));
  CHECK_FALSE(matches(route("/a/{b}"), "GET", {"a"}));
  CHECK_FALSE(matches(route("/a/{b}"), "GET", {"A", "b"}));
  CHECK_FALSE(matches(route("/a/{b}"), "GET", {"a", ""}));
}

TEST_CASE("a literal segment wins over a parameter") {
  CHECK(compare(route("/a/b"), route("/a/{x}")) == RouteOrder::first_wins);
  CHECK(compare(route("/{y}/{x}"), route("/a/{x}")) == RouteOrder::second_wins);
}

TEST_CASE("two routes conflict when neither is more specific") {
  CHECK(compare(route("/a/{x}"), route("/{y}/b")) == RouteOrder::conflict);
  CHECK(compare(route("/a/{x}"), route("/a/{y}")) == RouteOrder::conflict);
  CHECK(compare(route("/"), route("/")) == RouteOrder::conflict);
  CHECK(compare(route("/a"), route("/a", "POST")) == RouteOrder::disjoint);
  CHECK(compare(route("/a/{x}/c"), route("/b/{x}/c")) == RouteOrder::disjoint);
  CHECK(compare(route("/a"), route("/a/b")) == RouteOrder::disjoint);
}

TEST_CASE("of two routes that match one request compare never says that they are disjoint") {
  std::mt19937 random(3);
  const auto segment = [&random](bool parameters) -> std::string {
    static const std::vector<std::string> all = {"a", "b", "{x}", "{y}"};
    return all[random() % (parameters ? 4 : 2)];
  };
  int both = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string one, two;
    std::vector<std::string> request;
    for (int i = 0; i < 3; ++i) {
      one += "/" + segment(true);
      two += "/" + segment(true);
      request.push_back(segment(false));
    }
    const auto first = parse_route("GET", one);
    const auto second = parse_route("GET", two);
    if (!first || !second) continue;
    const RouteOrder order = compare(*first, *second);
    if (!matches(*first, "GET", request) || !matches(*second, "GET", request)) continue;
    ++both;
    INFO(one << " " << two);
    REQUIRE(order != RouteOrder::disjoint);
  }
  CHECK(both > 100);
}
