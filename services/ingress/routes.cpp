#include "services/ingress/routes.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace millrace::ingress {
namespace {

struct Entry {
  schema::RoutePattern pattern;
  Target target;
};

// A pattern that cannot be read was refused at its deploy; should one come all the same, its verb
// is without that route.
std::vector<Entry> entries_of(const schema::Module& module) {
  std::vector<Entry> entries;
  for (const schema::IngressVerb& each : schema::ingress_verbs(module)) {
    auto pattern = schema::parse_route(each.ingress->method, each.ingress->path);
    if (!pattern) continue;
    Target target{module.name, each.verb->name, schema::to_string(*pattern), {}};
    for (const schema::RouteSegment& segment : pattern->segments) {
      if (segment.parameter) target.parameters.push_back(segment.text);
    }
    entries.push_back({*std::move(pattern), std::move(target)});
  }
  return entries;
}

bool before(const Target& a, const Target& b) {
  return std::tie(a.module, a.verb, a.route) < std::tie(b.module, b.verb, b.route);
}

}  // namespace

void RouteTable::insert(Node& node, const schema::RoutePattern& pattern, std::size_t at,
                        Target target) {
  if (at == pattern.segments.size()) {
    std::vector<Target>& targets = node.targets[pattern.method];
    targets.insert(std::lower_bound(targets.begin(), targets.end(), target, before),
                   std::move(target));
    return;
  }
  const schema::RouteSegment& segment = pattern.segments[at];
  if (segment.parameter && node.parameter.empty()) node.parameter.emplace_back();
  Node& next = segment.parameter ? node.parameter.front() : node.literals[segment.text];
  insert(next, pattern, at + 1, std::move(target));
}

void RouteTable::erase(Node& node, const schema::RoutePattern& pattern, std::size_t at,
                       const Target& target) {
  if (at == pattern.segments.size()) {
    const auto found = node.targets.find(pattern.method);
    if (found == node.targets.end()) return;
    const auto one = std::find(found->second.begin(), found->second.end(), target);
    if (one != found->second.end()) found->second.erase(one);
    if (found->second.empty()) node.targets.erase(found);
    return;
  }
  const schema::RouteSegment& segment = pattern.segments[at];
  if (segment.parameter) {
    if (node.parameter.empty()) return;
    erase(node.parameter.front(), pattern, at + 1, target);
    if (node.parameter.front().empty()) node.parameter.clear();
    return;
  }
  const auto found = node.literals.find(segment.text);
  if (found == node.literals.end()) return;
  erase(found->second, pattern, at + 1, target);
  if (found->second.empty()) node.literals.erase(found);
}

void RouteTable::add(const schema::Module& module) {
  for (Entry& entry : entries_of(module)) {
    insert(root_, entry.pattern, 0, std::move(entry.target));
    ++size_;
  }
}

void RouteTable::remove(const schema::Module& module) {
  for (const Entry& entry : entries_of(module)) {
    erase(root_, entry.pattern, 0, entry.target);
    --size_;
  }
}

// Visits the nodes that the path reaches, the most specific first, until `accept` says yes.
template <class Accept>
bool RouteTable::walk(const Node& node, const Segments& segments, std::size_t at,
                      std::vector<std::string>& values, const Accept& accept) {
  if (at == segments.size()) return accept(node);
  const auto literal = node.literals.find(segments[at]);
  if (literal != node.literals.end() && walk(literal->second, segments, at + 1, values, accept)) {
    return true;
  }
  if (node.parameter.empty() || segments[at].empty()) return false;
  values.push_back(segments[at]);
  if (walk(node.parameter.front(), segments, at + 1, values, accept)) return true;
  values.pop_back();
  return false;
}

Match RouteTable::find(std::string_view method, const Segments& segments) const {
  Match match;
  walk(root_, segments, 0, match.values, [&](const Node& node) {
    const auto found = node.targets.find(method);
    if (found == node.targets.end()) return false;
    match.target = &found->second.front();
    return true;
  });
  return match;
}

std::vector<std::string> RouteTable::methods(const Segments& segments) const {
  std::vector<std::string> methods;
  std::vector<std::string> values;
  walk(root_, segments, 0, values, [&](const Node& node) {
    for (const auto& [method, targets] : node.targets) methods.push_back(method);
    return false;
  });
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  return methods;
}

}  // namespace millrace::ingress
