// Whose requests move when routes come and go: held against who answers each request, found here by
// looking at all routes.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "schema/check.hpp"
#include "schema/compat.hpp"
#include "schema/route.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

using Path = std::vector<std::string>;

std::string text_of(const Path& path) {
  std::string text;
  int parameters = 0;
  for (const std::string& segment : path)
    text += segment == "{p}" ? "/{p" + std::to_string(++parameters) + "}" : "/" + segment;
  return text;
}

// Every path over some words of up to three segments.
std::vector<Path> paths_over(const std::vector<std::string>& words) {
  std::vector<Path> all;
  std::vector<Path> longest = {{}};
  for (int length = 1; length <= 3; ++length) {
    std::vector<Path> longer;
    for (const Path& path : longest) {
      for (const std::string& word : words) {
        longer.push_back(path);
        longer.back().push_back(word);
      }
    }
    all.insert(all.end(), longer.begin(), longer.end());
    longest = std::move(longer);
  }
  return all;
}

// A verb for each route, named by it, so that the same route is the same verb before and after.
using RouteSet = std::map<std::string, Path>;  // by the verb's name
std::string verb_of(const Path& path) {
  std::string name = "v";
  for (const std::string& segment : path) name += segment[0] == '{' ? "_P" : "_" + segment;
  return name;
}

Schema schema_of(const RouteSet& routes) {
  std::string text = "module m {\n";
  for (const auto& [verb, path] : routes) {
    text += "verb " + verb +
            "(HttpRequest<Unit, {String: String}, Unit>) HttpResponse<String, String>\n"
            "  +ingress http GET " +
            text_of(path) + "\n";
  }
  return parse_and_check({{"f", text + "}\n"}}).schema;
}

bool overlaps(const RouteSet& routes) {
  for (const auto& [verb, path] : routes) {
    for (const auto& [other, there] : routes) {
      if (verb != other && compare(*parse_route("GET", text_of(path)),
                                   *parse_route("GET", text_of(there))) == RouteOrder::conflict)
        return true;
    }
  }
  return false;
}

RouteSet some_routes(std::mt19937_64& random, const std::vector<Path>& possible) {
  for (;;) {
    RouteSet routes;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) {
      const Path& path = possible[random() % possible.size()];
      routes[verb_of(path)] = path;
    }
    if (!overlaps(routes)) return routes;
  }
}

// The verb whose route has a word wherever others that match have a parameter.
std::optional<std::string> answers(const RouteSet& routes, const Path& request) {
  std::optional<std::string> best;
  std::size_t words_of_best = 0;
  for (const auto& [verb, path] : routes) {
    if (path.size() != request.size()) continue;
    std::size_t words = 0;
    bool fits = true;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const bool parameter = path[i][0] == '{';
      words += parameter ? 0 : 1;
      fits = fits && (parameter || path[i] == request[i]);
    }
    if (!fits || (best && words <= words_of_best)) continue;
    best = verb;
    words_of_best = words;
  }
  return best;
}

bool tells(const Change& change, const std::string& verb, const Path& request) {
  static const std::set<ChangeKind> kinds = {ChangeKind::route_removed, ChangeKind::route_moved,
                                             ChangeKind::requests_moved};
  if (!kinds.contains(change.kind) || change.place != "m." + verb) return false;
  return std::any_of(change.uses.begin(), change.uses.end(), [&](const Use& use) {
    return matches(*parse_route("GET", use.route.substr(4)), "GET", request);
  });
}

std::string shown(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) text += to_string(change) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a request that another route answers than before is told, and no other is") {
  const std::vector<Path> possible = paths_over({"a", "b", "{p}"});
  const std::vector<Path> requests = paths_over({"a", "b", "c"});
  std::mt19937_64 random(11);
  std::size_t moved = 0;
  for (int round = 0; round < 400; ++round) {
    RouteSet before = some_routes(random, possible);
    RouteSet after = some_routes(random, possible);
    const Schema old = schema_of(before);
    const Schema now = schema_of(after);
    const std::vector<Change> changes = compare(old, now);
    INFO(print(old) << print(now) << shown(changes));
    for (const Path& request : requests) {
      const auto was = answers(before, request);
      if (!was) continue;
      const auto is = answers(after, request);
      const bool told = std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        return tells(change, *was, request);
      });
      INFO(text_of(request));
      if (was != is) {
        REQUIRE(told);
        ++moved;
      }
    }
    for (const Change& change : changes) {
      if (change.kind != ChangeKind::requests_moved) continue;
      INFO(to_string(change));
      REQUIRE(std::any_of(requests.begin(), requests.end(), [&](const Path& request) {
        const auto was = answers(before, request);
        return was && was != answers(after, request) && tells(change, *was, request);
      }));
    }
  }
  CHECK(moved > 100);
}
