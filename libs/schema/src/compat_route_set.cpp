#include "compat_route_set.hpp"

#include "schema/json.hpp"

namespace millrace::schema {

namespace {

// The same for every name of a parameter; as it stands where it is no route.
std::string key_of(const Ingress& ingress) {
  auto pattern = parse_route(ingress.method, ingress.path);
  if (!pattern) return ingress.method + " " + ingress.path;
  for (RouteSegment& segment : pattern->segments) {
    if (segment.parameter) segment.text.clear();
  }
  return to_string(*pattern);
}

}  // namespace

bool KnownRoute::lenient() const {
  const Encoding* encoding = schema::find<Encoding>(verb->metadata);
  return encoding != nullptr && encoding->lenient;
}

RouteMap routes_of(const std::vector<const Module*>& modules) {
  RouteMap routes;
  for (const Module* module : modules) {
    for (const IngressVerb& found : ingress_verbs(*module))
      routes.try_emplace(key_of(*found.ingress),
                         KnownRoute{found.module, found.verb, found.ingress});
  }
  return routes;
}

RouteTree::RouteTree(const RouteMap& routes) {
  for (const auto& [key, route] : routes) {
    const auto pattern = parse_route(route.ingress->method, route.ingress->path);
    if (pattern) add(*pattern, route);
  }
}

const KnownRoute* RouteTree::covering(const KnownRoute& route) const {
  const auto pattern = parse_route(route.ingress->method, route.ingress->path);
  return pattern ? find(pattern->method, *pattern) : nullptr;
}

const KnownRoute* RouteTree::answering_head(const RoutePattern& pattern) const {
  const KnownRoute* own = find("HEAD", pattern);
  return own != nullptr ? own : find("GET", pattern);
}

std::vector<const KnownRoute*> RouteTree::touching(const std::string& method,
                                                   const KnownRoute& route) const {
  std::vector<const KnownRoute*> found;
  const auto pattern = parse_route(route.ingress->method, route.ingress->path);
  const auto root = methods_.find(method);
  if (pattern && root != methods_.end()) collect(root->second, pattern->segments, 0, found);
  return found;
}

void RouteTree::add(const RoutePattern& pattern, const KnownRoute& route) {
  Node* node = &methods_[pattern.method];
  for (const RouteSegment& segment : pattern.segments) {
    auto& next = segment.parameter ? node->parameter : node->literals[segment.text];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  node->route = &route;
}

const KnownRoute* RouteTree::find(const std::string& method, const RoutePattern& pattern) const {
  const auto root = methods_.find(method);
  return root == methods_.end() ? nullptr : find(root->second, pattern.segments, 0);
}

void RouteTree::collect(const Node& node, const std::vector<RouteSegment>& segments, std::size_t at,
                        std::vector<const KnownRoute*>& found) {
  if (at == segments.size()) {
    if (node.route != nullptr) found.push_back(node.route);
    return;
  }
  for (const auto& [literal, next] : node.literals) {
    if (segments[at].parameter || segments[at].text == literal)
      collect(*next, segments, at + 1, found);
  }
  if (node.parameter != nullptr) collect(*node.parameter, segments, at + 1, found);
}

const KnownRoute* RouteTree::find(const Node& node, const std::vector<RouteSegment>& segments,
                                  std::size_t at) {
  if (at == segments.size()) return node.route;
  if (!segments[at].parameter) {
    const auto next = node.literals.find(segments[at].text);
    if (next != node.literals.end()) {
      if (const KnownRoute* found = find(*next->second, segments, at + 1)) return found;
    }
  }
  return node.parameter == nullptr ? nullptr : find(*node.parameter, segments, at + 1);
}

RoutePattern meet(RoutePattern first, const RoutePattern& second) {
  for (std::size_t i = 0; i < first.segments.size(); ++i) {
    if (!second.segments.at(i).parameter) first.segments[i] = second.segments[i];
  }
  return first;
}

std::optional<Type> parameter_type(const Index& index, const Type& path, const std::string& name) {
  const Type plain = without_aliases(index, path);
  if (plain.kind == TypeKind::unit) return std::nullopt;
  if (plain.kind == TypeKind::map) return plain.arguments.at(1);
  const Data* data = index.data(plain.ref);
  if (plain.kind != TypeKind::ref || data == nullptr) return plain;
  for (const Field& field : data->fields) {
    if (field.name == name || json_name(field) == name)
      return instantiate(field.type, *data, plain.arguments);
  }
  return std::nullopt;
}

bool takes_word(const Index& index, const Type& type, const std::string& word) {
  const auto shape = Shape::compile(index, type);
  return shape && shape->canonicalize(json_string(word));
}

}  // namespace millrace::schema
