// The ingress rules: what an ingress verb takes and gives, its path, body and query, and whether
// its route overlaps with another.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "checker.hpp"
#include "schema/route.hpp"

namespace millrace::schema {

namespace {

class IngressCheck {
 public:
  IngressCheck(const CheckRun& run, const Module& module, const Verb& verb, const Metadata& entry)
      : run_(run),
        module_(module),
        verb_(verb),
        spot_(entry.spot),
        ingress_(std::get<Ingress>(entry.value)) {}

  void check() {
    const auto pattern = parse_route(ingress_.method, ingress_.path);
    if (!pattern) add(spot_, "ingress-path", ingress_.path + ": " + pattern.error().message);
    const Type* request = spoken(verb_.request, "HttpRequest", 3, "ingress-request", "take");
    spoken(verb_.response, "HttpResponse", 2, "ingress-response", "return");
    if (request == nullptr) return;
    check_body(request->arguments[0]);
    if (pattern) check_path(request->arguments[1], *pattern);
    check_query(request->arguments[2]);
  }

 private:
  void add(const Spot& spot, std::string_view rule, std::string message) {
    run_.report.add(module_, spot, rule, std::move(message));
  }

  const Type* spoken(const Type& type, const std::string& name, std::size_t arguments,
                     std::string_view rule, const std::string& does) {
    const bool right = type.kind == TypeKind::ref && type.ref == Ref{"builtin", name, {}};
    if (right && !type.optional) return type.arguments.size() == arguments ? &type : nullptr;
    add(type.spot, rule,
        "the ingress verb " + verb_.name + " must " + does + " builtin." + name + "<...>, not " +
            to_string(type));
    return nullptr;
  }

  void check_body(const Type& body) {
    static const std::set<std::string> without = {"GET", "HEAD", "DELETE", "OPTIONS"};
    if (without.count(ingress_.method) == 0 || is_unit(run_.index, body)) return;
    add(body.spot, "ingress-body",
        "a " + ingress_.method + " request has no body: it must be Unit, not " + to_string(body));
  }

  void check_path(const Type& type, const RoutePattern& pattern) {
    std::vector<std::string> parameters;
    for (const RouteSegment& segment : pattern.segments) {
      if (segment.parameter) parameters.push_back(segment.text);
    }
    const Type plain = without_aliases(run_.index, type);
    if (plain.kind == TypeKind::unit) {
      for (const std::string& name : parameters) {
        add(spot_, "ingress-path",
            "the path parameter {" + name + "} has no place: the path type is Unit");
      }
    } else if (plain.kind == TypeKind::map) {
      if (!is_string(plain.arguments[0])) {
        add(spot_, "ingress-path",
            "a path type that is a map has keys of String, the names of the parameters, not " +
                to_string(plain.arguments[0]));
      }
      if (!is_scalar(run_.index, plain.arguments[1])) not_scalar(type, "the values of the map");
    } else if (is_scalar(run_.index, plain)) {
      if (parameters.size() != 1) {
        add(type.spot, "ingress-path",
            "a path type of one value wants a path with one parameter, not " +
                std::to_string(parameters.size()));
      }
    } else if (plain.kind == TypeKind::ref && run_.index.data(plain.ref) != nullptr) {
      check_path_fields(plain, parameters);
    } else if (plain.kind != TypeKind::ref || run_.index.enumeration(plain.ref) != nullptr) {
      not_scalar(type, "the path type");
    }
  }

  void check_path_fields(const Type& type, const std::vector<std::string>& parameters) {
    const std::vector<Field> fields = fields_of(run_.index, type);
    const auto named = [](const Field& field, const std::string& name) {
      return field.name == name || json_name(field) == name;
    };
    for (const std::string& name : parameters) {
      if (std::none_of(fields.begin(), fields.end(),
                       [&](const Field& field) { return named(field, name); })) {
        add(spot_, "ingress-path",
            "the path parameter {" + name + "} is no field of " + to_string(type));
      }
    }
    for (const Field& field : fields) {
      if (std::none_of(parameters.begin(), parameters.end(),
                       [&](const std::string& name) { return named(field, name); })) {
        add(spot_, "ingress-path",
            "the field " + in_ticks(field.name) + " of the path type " + to_string(type) +
                " is no parameter of " + ingress_.path);
      }
      if (!is_scalar(run_.index, field.type)) not_scalar(field.type, "the field " + field.name);
    }
  }

  void not_scalar(const Type& type, const std::string& what) {
    add(spot_, "ingress-path",
        what + " must be a single value such as String or Int, not " + to_string(type));
  }

  bool is_string(const Type& type) const {
    return without_aliases(run_.index, type).kind == TypeKind::string;
  }

  bool is_query(const Type& type) const {
    const Type plain = without_aliases(run_.index, type);
    if (plain.kind == TypeKind::unit) return true;
    if (plain.kind == TypeKind::map) {
      const Type value = without_aliases(run_.index, plain.arguments[1]);
      return is_string(plain.arguments[0]) &&
             (is_string(value) || (value.kind == TypeKind::array && is_string(value.arguments[0])));
    }
    if (plain.kind != TypeKind::ref || run_.index.data(plain.ref) == nullptr) return false;
    const std::vector<Field> fields = fields_of(run_.index, plain);
    return std::all_of(fields.begin(), fields.end(), [this](const Field& field) {
      const Type value = without_aliases(run_.index, field.type);
      return is_scalar(run_.index, value.kind == TypeKind::array ? value.arguments[0] : value);
    });
  }

  void check_query(const Type& type) {
    const bool unknown = type.kind == TypeKind::ref &&
                         std::holds_alternative<std::monostate>(run_.index.find(type.ref));
    if (unknown || is_query(type)) return;
    add(type.spot, "ingress-query",
        "a query is Unit, a map of strings or of lists of them, or data of single values and lists "
        "of them, not " +
            to_string(type));
  }

  const CheckRun& run_;
  const Module& module_;
  const Verb& verb_;
  Spot spot_;
  const Ingress& ingress_;
};

struct Route {
  const Module* module;
  const Verb* verb;
  Spot spot;
  RoutePattern pattern;
};

// All routes of one method in a tree of segments, so that finding those that may match the same
// request as a given one does not mean comparing it with all.
class RouteTree {
 public:
  void add(const Route& route) {
    Node* node = &root_;
    for (const RouteSegment& segment : route.pattern.segments) {
      std::unique_ptr<Node>& next =
          segment.parameter ? node->parameter : node->literals[segment.text];
      if (next == nullptr) next = std::make_unique<Node>();
      node = next.get();
    }
    node->routes.push_back(&route);
  }

  std::vector<const Route*> near(const Route& route) const {
    std::vector<const Route*> found;
    collect(root_, route.pattern.segments, 0, found);
    return found;
  }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> parameter;
    std::vector<const Route*> routes;
  };

  static void collect(const Node& node, const std::vector<RouteSegment>& segments, std::size_t at,
                      std::vector<const Route*>& found) {
    if (at == segments.size()) {
      found.insert(found.end(), node.routes.begin(), node.routes.end());
      return;
    }
    if (node.parameter != nullptr) collect(*node.parameter, segments, at + 1, found);
    if (segments[at].parameter) {
      for (const auto& [text, next] : node.literals) collect(*next, segments, at + 1, found);
    } else if (const auto next = node.literals.find(segments[at].text);
               next != node.literals.end()) {
      collect(*next->second, segments, at + 1, found);
    }
  }

  Node root_;
};

std::vector<Route> routes_of(const ModuleList& modules) {
  std::vector<Route> routes;
  for (const Module* module : modules) {
    for (const Verb& verb : module->verbs) {
      for (const Metadata& entry : verb.metadata) {
        const Ingress* ingress = std::get_if<Ingress>(&entry.value);
        if (ingress == nullptr) continue;
        auto pattern = parse_route(ingress->method, ingress->path);
        if (pattern) routes.push_back({module, &verb, entry.spot, *std::move(pattern)});
      }
    }
  }
  return routes;
}

}  // namespace

void check_ingress(const CheckRun& run, const Module& module) {
  for (const Verb& verb : module.verbs) {
    for (const Metadata& entry : verb.metadata) {
      if (!std::holds_alternative<Ingress>(entry.value)) continue;
      IngressCheck(run, module, verb, entry).check();
    }
  }
}

void check_ingress_overlap(const CheckRun& run, const ModuleList& modules) {
  const std::set<const Module*> concerned(modules.begin(), modules.end());
  const std::vector<Route> routes = routes_of(run.all);
  std::map<std::string, RouteTree> trees;
  for (const Route& route : routes) trees[route.pattern.method].add(route);
  for (const Route& route : routes) {
    if (run.report.full()) return;
    if (concerned.count(route.module) == 0) continue;
    for (const Route* other : trees[route.pattern.method].near(route)) {
      if (other == &route) continue;
      if (compare(route.pattern, other->pattern) != RouteOrder::conflict) continue;
      // Told once, at the later one, unless the earlier one is not looked at.
      if (&route < other && concerned.count(other->module) > 0) continue;
      run.report.add(*route.module, route.spot, "ingress-overlap",
                     to_string(route.pattern) + " and " + to_string(other->pattern) + " of " +
                         other->module->name + "." + other->verb->name +
                         " can match one request, and neither is more specific");
    }
  }
}

}  // namespace millrace::schema
