#include "schema/route.hpp"

#include <algorithm>
#include <utility>

#include "schema/type.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

bool fits_in_path(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '?' && c != '#' && c != '%' &&
         c != '{' && c != '}' && c != '\\';
}

Result<RouteSegment> parse_segment(std::string_view text) {
  const std::string shown = "`" + std::string(text) + "`";
  if (text.empty())
    return fail(Code::invalid_argument, "an empty segment: two slashes, or one at the end");
  if (text == "." || text == "..") return fail(Code::invalid_argument, "the segment " + shown);
  if (text.front() == '{' && text.back() == '}') {
    const std::string_view name = text.substr(1, text.size() - 2);
    if (is_ident(name)) return RouteSegment{true, std::string(name)};
    return fail(Code::invalid_argument, shown + " holds no name of a parameter");
  }
  if (!std::all_of(text.begin(), text.end(), fits_in_path)) {
    return fail(Code::invalid_argument,
                "the segment " + shown +
                    " holds a character that no path has; a parameter is a whole segment: /{name}");
  }
  return RouteSegment{false, std::string(text)};
}

}  // namespace

Result<RoutePattern> parse_route(std::string_view method, std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return fail(Code::invalid_argument, "the path does not begin with a slash");
  }
  RoutePattern pattern{std::string(method), {}};
  if (path == "/") return pattern;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    Result<RouteSegment> segment = parse_segment(path.substr(0, end));
    if (!segment) return fail(std::move(segment).error());
    const bool twice = segment->parameter &&
                       std::find(pattern.segments.begin(), pattern.segments.end(), *segment) !=
                           pattern.segments.end();
    if (twice) {
      return fail(Code::invalid_argument, "the parameter {" + segment->text + "} stands twice");
    }
    pattern.segments.push_back(*std::move(segment));
    path.remove_prefix(end);
  }
  return pattern;
}

std::string to_string(const RoutePattern& pattern) {
  std::string text = pattern.method + " ";
  if (pattern.segments.empty()) text += '/';
  for (const RouteSegment& segment : pattern.segments) {
    text += segment.parameter ? "/{" + segment.text + "}" : "/" + segment.text;
  }
  return text;
}

bool matches(const RoutePattern& pattern, std::string_view method,
             const std::vector<std::string>& segments) {
  return pattern.method == method &&
         std::equal(pattern.segments.begin(), pattern.segments.end(), segments.begin(),
                    segments.end(), [](const RouteSegment& wanted, const std::string& segment) {
                      return wanted.parameter ? !segment.empty() : wanted.text == segment;
                    });
}

RouteOrder compare(const RoutePattern& first, const RoutePattern& second) {
  if (first.method != second.method || first.segments.size() != second.segments.size()) {
    return RouteOrder::disjoint;
  }
  bool first_more = false;
  bool second_more = false;
  for (std::size_t i = 0; i < first.segments.size(); ++i) {
    const RouteSegment& a = first.segments[i];
    const RouteSegment& b = second.segments[i];
    if (!a.parameter && !b.parameter && a.text != b.text) return RouteOrder::disjoint;
    first_more = first_more || (!a.parameter && b.parameter);
    second_more = second_more || (a.parameter && !b.parameter);
  }
  if (first_more == second_more) return RouteOrder::conflict;
  return first_more ? RouteOrder::first_wins : RouteOrder::second_wins;
}

}  // namespace millrace::schema
