// Routes, old and new: a route is its method and path, whatever its parameters are called and
// whichever verb answers it. A request is answered by the most specific route that matches it, so
// one that comes or goes also moves requests of others; HEAD by a GET route where none is for HEAD.
#include <utility>

#include "compat_parts.hpp"
#include "compat_route_set.hpp"
#include "metadata_text.hpp"

namespace millrace::schema {

namespace {

using Route = KnownRoute;

std::string text_of(const Route& route) { return text_of(Metadata{*route.ingress, {}, {}}); }

// The old path type with its fields called as the new route calls them.
class PathNames {
 public:
  PathNames(const Route& before, const Route& after) {
    const auto old = parse_route(before.ingress->method, before.ingress->path);
    const auto now = parse_route(after.ingress->method, after.ingress->path);
    if (!old || !now) return;
    for (std::size_t i = 0; i < old->segments.size(); ++i) {
      if (old->segments[i].parameter && now->segments[i].parameter)
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
    const RouteMap before = routes_of(compared_.before);
    const RouteMap after = routes_of(compared_.after);
    const RouteTree old_tree(before);
    const RouteTree new_tree(after);
    for (const auto& [key, route] : before) {
      const auto found = after.find(key);
      if (found != after.end()) {
        both(route, found->second);
        continue;
      }
      gone(route, new_tree);
      for (const Route* get : heads_at(new_tree, route)) head(route, *get, old_tree, new_tree);
    }
    for (const auto& [key, route] : after) {
      if (before.contains(key)) continue;
      changes_.edit({ChangeKind::route_added, to_string(route.ref()), "", route.shown()});
      if (const Route* answered = old_tree.covering(route)) moved(*answered, route, route.shown());
      for (const Route* get : heads_at(old_tree, route)) head(*get, route, old_tree, new_tree);
    }
  }

 private:
  static Use use_of(const Route& route) {
    return {UseKind::route, route.ref(), route.shown(), false, false, {}};
  }

  static bool is_head(const Route& route) { return route.ingress->method == "HEAD"; }

  // The GET routes with which a HEAD route shares requests; none for another route.
  static std::vector<const Route*> heads_at(const RouteTree& tree, const Route& route) {
    return is_head(route) ? tree.touching("GET", route) : std::vector<const Route*>();
  }

  void gone(const Route& route, const RouteTree& now) {
    const Spotted at{ChangeKind::route_removed, to_string(route.ref()), route.shown(), ""};
    const Route* covering = now.covering(route);
    const auto pattern = parse_route(route.ingress->method, route.ingress->path);
    const bool by_get = is_head(route) && pattern && now.answering_head(*pattern) != nullptr;
    if (covering == nullptr && !by_get)
      return changes_.effect(at, {use_of(route), Side::request, "removed-route",
                                  "requests to it are answered with 404 Not Found, or 405 where "
                                  "other methods have its path"});
    changes_.edit(at);
    if (covering != nullptr) moved(route, *covering, route.shown());
  }

  // One of the two is a route for HEAD that comes or goes, the other for GET.
  void head(const Route& before, const Route& after, const RouteTree& old_tree,
            const RouteTree& new_tree) {
    const auto from = parse_route("HEAD", before.ingress->path);
    const auto to = parse_route("HEAD", after.ingress->path);
    if (!from || !to) return;
    const RoutePattern shared = meet(*from, *to);
    if (old_tree.answering_head(shared) == &before && new_tree.answering_head(shared) == &after)
      moved(before, after, to_string(shared));
  }

  // The requests that `seen` shows were answered by the one and are by the other.
  void moved(const Route& before, const Route& after, const std::string& seen) {
    const Spotted at{ChangeKind::requests_moved, to_string(before.ref()), before.owned(),
                     after.owned()};
    Use use = use_of(before);
    use.route = seen;
    changes_.effect(at, {use, Side::request, "", ""});
    if (!took(before, after)) return;  // they were refused before
    stricter(before, after, use, at);
    types(before, after, use, at, at);
    moved_path(before, after, use, at);
  }

  // Whether the old route took the words in which the new one is more specific.
  bool took(const Route& before, const Route& after) const {
    const auto old = http_types(*before.verb);
    const auto from = parse_route(before.ingress->method, before.ingress->path);
    const auto to = parse_route(after.ingress->method, after.ingress->path);
    if (!old || !from || !to) return true;
    for (std::size_t i = 0; i < to->segments.size(); ++i) {
      if (!from->segments[i].parameter || to->segments[i].parameter) continue;
      const auto type = parameter_type(compared_.before_index, old->path, from->segments[i].text);
      if (type && !takes_word(compared_.before_index, *type, to->segments[i].text)) return false;
    }
    return true;
  }

  void both(const Route& before, const Route& after) {
    const std::string place = to_string(before.ref());
    const Use use = use_of(before);
    if (before.ref() != after.ref()) {
      const Spotted at{ChangeKind::route_moved, place, place, to_string(after.ref())};
      changes_.effect(at, {use, Side::request, "", ""});
      stricter(before, after, use, at);
    } else if (text_of(before) != text_of(after)) {
      changes_.edit({ChangeKind::metadata_changed, place, text_of(before), text_of(after)});
    }
    encoding(before, after);
    types(before, after, use, spot(before, after, true), spot(before, after, false));
    path(before, after);
  }

  void types(const Route& before, const Route& after, const Use& use, const Spotted& request,
             const Spotted& response) {
    const auto old = http_types(*before.verb);
    const auto now = http_types(*after.verb);
    if (!old || !now) return;
    const bool lenient = after.lenient();
    walk(use, Side::request, Face::http, lenient).types(old->body, now->body, request);
    walk(use, Side::request, Face::texts, lenient).types(old->query, now->query, request);
    if (use.route.starts_with("HEAD ")) return;  // nobody sees what it would answer
    walk(use, Side::response, Face::http, lenient).types(old->answer, now->answer, response);
    walk(use, Side::response, Face::http, lenient).types(old->error, now->error, response);
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

  Walk walk(const Use& use, Side side, Face face, bool lenient) {
    return Walk(compared_, affected_, changes_, use, side, face, lenient);
  }

  // Another verb answers, and takes no unknown fields.
  void stricter(const Route& before, const Route& after, const Use& use, const Spotted& at) {
    if (before.lenient() && !after.lenient())
      changes_.effect(at, {use, Side::request, "stricter-encoding",
                           "unknown fields that callers may send are refused now"});
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
  void path(const Route& before, const Route& after) {
    const auto http_old = http_types(*before.verb);
    const auto http_now = http_types(*after.verb);
    if (!http_old || !http_now) return;
    const Type was = without_aliases(compared_.before_index, http_old->path);
    const Type is = without_aliases(compared_.after_index, http_now->path);
    const Data* old_data = compared_.before_index.data(was.ref);
    const Data* new_data = compared_.after_index.data(is.ref);
    const Spotted at = spot(before, after, true);
    const Use use = use_of(before);
    if (old_data == nullptr || new_data == nullptr)
      return walk(use, Side::request, Face::texts, true).types(http_old->path, http_now->path, at);
    PathNames(before, after).each(*old_data, *new_data, [&](const Field& a, const Field& b) {
      const Type from = instantiate(a.type, *old_data, was.arguments);
      const Type to = instantiate(b.type, *new_data, is.arguments);
      Spotted field = at;
      if (was.ref == is.ref && a.name == b.name && a.type != b.type)
        field = {ChangeKind::type_changed, to_string(was.ref) + "." + a.name, to_string(a.type),
                 to_string(b.type)};
      walk(use, Side::request, Face::texts, true).types(from, to, field);
    });
  }

  // Of two routes of which one is more specific: what was a word of the path may be a parameter
  // now.
  void moved_path(const Route& before, const Route& after, const Use& use, const Spotted& at) {
    const auto old = http_types(*before.verb);
    const auto now = http_types(*after.verb);
    const auto from = parse_route(before.ingress->method, before.ingress->path);
    const auto to = parse_route(after.ingress->method, after.ingress->path);
    if (!old || !now || !from || !to) return;
    for (std::size_t i = 0; i < to->segments.size(); ++i) {
      const RouteSegment& was = from->segments[i];
      const RouteSegment& is = to->segments[i];
      if (!is.parameter) continue;
      const auto reads = parameter_type(compared_.after_index, now->path, is.text);
      if (!reads) continue;
      if (!was.parameter) {
        word(was.text, is.text, *reads, use, at);
      } else if (const auto sent = parameter_type(compared_.before_index, old->path, was.text)) {
        walk(use, Side::request, Face::texts, true).types(*sent, *reads, at);
      }
    }
  }

  void word(const std::string& word, const std::string& parameter, const Type& reads,
            const Use& use, const Spotted& at) {
    if (takes_word(compared_.after_index, reads, word)) return;
    changes_.effect(at, {use, Side::request, "narrower-type",
                         "`" + word + "` in the path is now {" + parameter + "} and is no " +
                             to_string(reads)});
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
