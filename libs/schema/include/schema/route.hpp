// Route patterns: which HTTP requests an ingress verb answers. Shared by the checker, which refuses
// overlapping ones, and by ingress, which matches requests. Values, free of threads.
//
// A path is literal segments and parameters, `/people/{id}/photos`. Of the patterns that match one
// request the more specific one wins: the one that has a literal wherever they differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::schema {

struct RouteSegment {
  bool parameter = false;
  std::string text;  // the parameter's name, or the literal as it appears in the decoded path
  bool operator==(const RouteSegment&) const = default;
};

struct RoutePattern {
  std::string method;
  std::vector<RouteSegment> segments;  // none for `/`
  bool operator==(const RoutePattern&) const = default;
};

// Refused: a path that does not begin with a slash, an empty or dotted segment (so also a slash at
// the end), a malformed parameter, a parameter twice, and characters that no path has.
statekit::Result<RoutePattern> parse_route(std::string_view method, std::string_view path);

// "GET /people/{id}"
std::string to_string(const RoutePattern& pattern);

// Whether a request matches. `segments`: of its path, percent-decoded, none for `/`.
bool matches(const RoutePattern& pattern, std::string_view method,
             const std::vector<std::string>& segments);

enum class RouteOrder {
  disjoint,     // no request matches both
  first_wins,   // some may match both, and the first is more specific
  second_wins,  // likewise the second
  conflict,     // some match both, and neither is more specific
};
RouteOrder compare(const RoutePattern& first, const RoutePattern& second);

}  // namespace millrace::schema
