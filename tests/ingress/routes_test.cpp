#include "services/ingress/routes.hpp"

#include <random>

#include "support/catch.hpp"
#include "tests/ingress/routed.hpp"

namespace millrace::ingress {
namespace {

using test::verb_at;
using Segments = std::vector<std::string>;

schema::Module module_of(const std::string& name, std::vector<schema::Verb> verbs) {
  schema::Module module;
  module.name = name;
  module.verbs = std::move(verbs);
  return module;
}

std::string found(const RouteTable& table, const std::string& method, const Segments& segments) {
  const Match match = table.find(method, segments);
  if (match.target == nullptr) return "none";
  std::string out = match.target->verb;
  for (std::size_t i = 0; i < match.values.size(); ++i) {
    out += " " + match.target->parameters.at(i) + "=" + match.values[i];
  }
  return out;
}

TEST_CASE("a literal segment wins over a parameter") {
  RouteTable table;
  table.add(module_of(
      "people",
      {verb_at("one", "GET", "/people/{id}"), verb_at("me", "GET", "/people/me"),
       verb_at("photo", "GET", "/people/{id}/photos/{photo}"), verb_at("root", "GET", "/")}));
  CHECK(found(table, "GET", {"people", "me"}) == "me");
  CHECK(found(table, "GET", {"people", "ada"}) == "one id=ada");
  CHECK(found(table, "GET", {"people", "me", "photos", "7"}) == "photo id=me photo=7");
  CHECK(found(table, "GET", {}) == "root");
  CHECK(found(table, "GET", {"people"}) == "none");
  CHECK(found(table, "GET", {"people", ""}) == "none");
  CHECK(found(table, "GET", {"people", "me", "photos"}) == "none");
  CHECK(found(table, "POST", {"people", "me"}) == "none");
}

TEST_CASE("a path that has other methods only says which") {
  RouteTable table;
  table.add(module_of("a", {verb_at("put", "PUT", "/a/b"), verb_at("get", "GET", "/a/{x}"),
                            verb_at("drop", "DELETE", "/a/{x}")}));
  CHECK(found(table, "GET", {"a", "b"}) == "get x=b");
  CHECK(table.methods({"a", "b"}) == Segments{"DELETE", "GET", "PUT"});
  CHECK(table.methods({"a", "c"}) == Segments{"DELETE", "GET"});
  CHECK(table.methods({"b"}).empty());
}

TEST_CASE("a table from which a module was taken out is as if it had never been in") {
  const auto a = module_of("a", {verb_at("x", "GET", "/x/{id}/y"), verb_at("z", "GET", "/x/z")});
  const auto b = module_of("b", {verb_at("x", "POST", "/x/{id}/y"), verb_at("w", "GET", "/w")});
  RouteTable only_a;
  only_a.add(a);
  RouteTable both = only_a;
  both.add(b);
  CHECK_FALSE(both == only_a);
  CHECK(both.size() == 4);
  both.remove(b);
  CHECK(both == only_a);
  both.remove(a);
  CHECK(both == RouteTable{});
}

TEST_CASE("a table answers as trying every route would, for random routes and requests") {
  std::mt19937_64 random(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::vector<std::string> words{"a", "b", "c"};
  for (int round = 0; round < 300; ++round) {
    std::vector<schema::RoutePattern> taken;
    std::vector<schema::Module> modules(3);
    RouteTable table;
    for (std::size_t m = 0; m < modules.size(); ++m) {
      modules[m].name = words[m];
      for (int i = 0; i < 6; ++i) {
        std::string path;
        for (std::size_t s = below(4); s > 0; --s) {
          path += "/" + (below(2) == 0 ? "{p" + std::to_string(s) + "}" : words[below(3)]);
        }
        const std::string method = below(3) == 0 ? "POST" : "GET";
        const auto pattern = schema::parse_route(method, path.empty() ? "/" : path);
        REQUIRE(pattern);
        const bool clashes = std::any_of(taken.begin(), taken.end(), [&](const auto& other) {
          return schema::compare(*pattern, other) == schema::RouteOrder::conflict;
        });
        if (clashes) continue;
        taken.push_back(*pattern);
        modules[m].verbs.push_back(
            verb_at("v" + std::to_string(taken.size()), method, path.empty() ? "/" : path));
      }
      table.add(modules[m]);
    }
    const std::vector<const schema::Module*> all{&modules[0], &modules[1], &modules[2]};
    for (int i = 0; i < 60; ++i) {
      Segments segments;
      for (std::size_t s = below(4); s > 0; --s)
        segments.push_back(below(9) == 0 ? "" : words[below(3)]);
      const std::string method = below(3) == 0 ? "POST" : "GET";
      const Match match = table.find(method, segments);
      const auto plain = test::plain_match(all, method, segments);
      REQUIRE((match.target != nullptr) == plain.has_value());
      if (plain) REQUIRE(*plain == test::PlainMatch{match.target->module, match.target->verb});
    }
  }
}

}  // namespace
}  // namespace millrace::ingress
