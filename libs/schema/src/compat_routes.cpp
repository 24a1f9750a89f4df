// Routes, old and new: a route is its method and path, whatever its parameters are called and
// whichever verb answers it.
#include <map>
#include <utility>

#include "compat_parts.hpp"
#include "metadata_text.hpp"
#include "schema/route.hpp"

namespace millrace::schema {

namespace {

struct Route {
  const Module* module = nullptr;
  const Verb* verb = nullptr;
  const Ingress* ingress = nullptr;

  Ref ref() const { return {module->name, verb->name, {}}; }
  std::string shown() const { return ingress->method + " " + ingress->path; }
  std::string text() const { return text_of(Metadata{*ingress, {}, {}}); }
  bool lenient() const {
    const Encoding* encoding = find<Encoding>(verb->metadata);
    return encoding != nullptr && encoding->lenient;
  }
};

// The same for every name of a parameter; as it stands where it is no route.
std::string key_of(const Ingress& ingress) {
  auto pattern = parse_route(ingress.method, ingress.path);
  if (!pattern) return ingress.method + " " + ingress.path;
  for (RouteSegment& segment : pattern->segments) {
    if (segment.parameter) segment.text.clear();
  }
  return to_string(*pattern);
}

std::map<std::string, Route> routes_of(const std::vector<const Module*>& modules) {
  std::map<std::string, Route> routes;
  for (const Module* module : modules) {
    for (const IngressVerb& found : ingress_verbs(*module))
      routes.try_emplace(key_of(*found.ingress), Route{found.module, found.verb, found.ingress});
  }
  return routes;
}

// The old path type with its fields called as the new route calls them.
class PathNames {
 public:
  PathNames(const Route& before, const Route& after) {
    const auto old = parse_route(before.ingress->method, before.ingress->path);
    const auto now = parse_route(after.ingress->method, after.ingress->path);
    if (!old || !now) return;
    for (std::size_t i = 0; i < old->segments.size(); ++i) {
      if (old->segments[i].parameter)
        names_.push_back({old->segments[i].text, now->segments[i].text});
    }
  }

  // Every field of the old path type next to its partner, by position in the path.
  template <class Visitor>
  void each(const Data& before, const Data& after, Visitor&& visit) const {
    for (const auto& [old, now] : names_) {
      const Field* was = find(before, old);
      const Field* is = find(after, now);
      if (was != nullptr && is != nullptr) visit(*was, *is);
    }
  }

 private:
  static const Field* find(const Data& data, const std::string& name) {
    for (const Field& field : data.fields) {
      if (field.name == name || json_name(field) == name) return &field;
    }
    return nullptr;
  }

  std::vector<std::pair<std::string, std::string>> names_;
};

class Routes {
 public:
  Routes(const Compared& compared, const Affected& affected, Changes& changes)
      : compared_(compared), affected_(affected), changes_(changes) {}

  void run() {
    const std::map<std::string, Route> before = routes_of(compared_.before);
    const std::map<std::string, Route> after = routes_of(compared_.after);
    for (const auto& [key, route] : before) {
      const auto found = after.find(key);
      if (found == after.end()) {
        gone(route);
      } else {
        both(route, found->second);
      }
    }
    for (const auto& [key, route] : after) {
      if (!before.contains(key))
        changes_.edit({ChangeKind::route_added, to_string(route.ref()), "", route.shown()});
    }
  }

 private:
  static Use use_of(const Route& route) {
    return {UseKind::route, route.ref(), route.shown(), false, false, {}};
  }

  void gone(const Route& route) {
    changes_.effect({ChangeKind::route_removed, to_string(route.ref()), route.shown(), ""},
                    {use_of(route), Side::request, "removed-route",
                     "requests to it are answered with 404 Not Found"});
  }

  void both(const Route& before, const Route& after) {
    const std::string place = to_string(before.ref());
    if (before.ref() != after.ref())
      changes_.effect({ChangeKind::route_moved, place, place, to_string(after.ref())},
                      {use_of(before), Side::request, "", ""});
    else if (before.text() != after.text())
      changes_.edit({ChangeKind::metadata_changed, place, before.text(), after.text()});
    encoding(before, after);
    const auto old = http_types(*before.verb);
    const auto now = http_types(*after.verb);
    if (!old || !now) return;
    const Spotted request = spot(before, after, true);
    const Spotted response = spot(before, after, false);
    const bool lenient = after.lenient();
    walk(before, Side::request, Face::http, lenient).types(old->body, now->body, request);
    walk(before, Side::request, Face::texts, lenient).types(old->query, now->query, request);
    path(before, after, *old, *now);
    walk(before, Side::response, Face::http, lenient).types(old->answer, now->answer, response);
    walk(before, Side::response, Face::http, lenient).types(old->error, now->error, response);
  }

  // Where the differences of the types of a route are told.
  static Spotted spot(const Route& before, const Route& after, bool request) {
    const std::string place = to_string(before.ref());
    if (before.ref() != after.ref())
      return {ChangeKind::route_moved, place, place, to_string(after.ref())};
    if (request)
      return {ChangeKind::request_changed, place, to_string(before.verb->request),
              to_string(after.verb->request)};
    return {ChangeKind::response_changed, place, to_string(before.verb->response),
            to_string(after.verb->response)};
  }

  Walk walk(const Route& route, Side side, Face face, bool lenient) {
    return Walk(compared_, affected_, changes_, use_of(route), side, face, lenient);
  }

  void encoding(const Route& before, const Route& after) {
    if (before.lenient() == after.lenient() || before.ref() != after.ref()) return;
    const auto text = [](const Route& route) {
      const Encoding* found = find<Encoding>(route.verb->metadata);
      return found == nullptr ? "" : text_of(Metadata{*found, {}, {}});
    };
    Effect effect{use_of(before), Side::request, "", ""};
    if (before.lenient()) {
      effect.rule = "stricter-encoding";
      effect.why = "unknown fields that callers may send are refused now";
    }
    changes_.effect(
        {ChangeKind::encoding_changed, to_string(before.ref()), text(before), text(after)}, effect);
  }

  // Outsiders know the places of the parameters in a path, not their names.
  void path(const Route& before, const Route& after, const HttpTypes& old, const HttpTypes& now) {
    const Type was = without_aliases(compared_.before_index, old.path);
    const Type is = without_aliases(compared_.after_index, now.path);
    const Data* old_data = compared_.before_index.data(was.ref);
    const Data* new_data = compared_.after_index.data(is.ref);
    const Spotted at = spot(before, after, true);
    if (old_data == nullptr || new_data == nullptr)
      return walk(before, Side::request, Face::texts, true).types(old.path, now.path, at);
    PathNames(before, after).each(*old_data, *new_data, [&](const Field& a, const Field& b) {
      const Type from = instantiate(a.type, *old_data, was.arguments);
      const Type to = instantiate(b.type, *new_data, is.arguments);
      Spotted field = at;
      if (was.ref == is.ref && a.name == b.name && a.type != b.type)
        field = {ChangeKind::type_changed, to_string(was.ref) + "." + a.name, to_string(a.type),
                 to_string(b.type)};
      walk(before, Side::request, Face::texts, true).types(from, to, field);
    });
  }

  const Compared& compared_;
  const Affected& affected_;
  Changes& changes_;
};

}  // namespace

void compare_routes(const Compared& compared, const Affected& affected, Changes& changes) {
  Routes(compared, affected, changes).run();
}

}  // namespace millrace::schema
