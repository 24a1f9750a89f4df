// The routes of a schema, for comparing two of them: by their shape, by the requests that they
// match, and what their parameters take. Private to this library.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/index.hpp"
#include "schema/route.hpp"

namespace millrace::schema {

struct KnownRoute {
  const Module* module = nullptr;
  const Verb* verb = nullptr;
  const Ingress* ingress = nullptr;

  Ref ref() const { return {module->name, verb->name, {}}; }
  std::string shown() const { return ingress->method + " " + ingress->path; }
  std::string owned() const { return shown() + " of " + to_string(ref()); }
  bool lenient() const;
};

// By method and path; the same whatever the parameters are called.
using RouteMap = std::map<std::string, KnownRoute>;
RouteMap routes_of(const std::vector<const Module*>& modules);

class RouteTree {
 public:
  // REQUIRES: the routes outlive this, unchanged.
  explicit RouteTree(const RouteMap& routes);

  // The most specific route that matches every request that this one matches; null: none. Where
  // routes do not overlap, as the checker wants it, that is the one that answers them.
  const KnownRoute* covering(const KnownRoute& route) const;
  // The one that answers HEAD there: a GET route where there is none for HEAD. Null: none.
  const KnownRoute* answering_head(const RoutePattern& pattern) const;
  // Every route of that method which shares a request's path with this one.
  std::vector<const KnownRoute*> touching(const std::string& method, const KnownRoute& route) const;

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> parameter;
    const KnownRoute* route = nullptr;
  };
  void add(const RoutePattern& pattern, const KnownRoute& route);
  const KnownRoute* find(const std::string& method, const RoutePattern& pattern) const;
  static const KnownRoute* find(const Node& node, const std::vector<RouteSegment>& segments,
                                std::size_t at);
  static void collect(const Node& node, const std::vector<RouteSegment>& segments, std::size_t at,
                      std::vector<const KnownRoute*>& found);

  std::map<std::string, Node> methods_;
};

// The requests that both match, with the parameters called as the first calls them. REQUIRES: the
// paths of both have as many segments.
RoutePattern meet(RoutePattern first, const RoutePattern& second);

// The type of one parameter of a path; none: the path type has no such field.
std::optional<Type> parameter_type(const Index& index, const Type& path, const std::string& name);

// Whether a word of a path is a value of that type.
bool takes_word(const Index& index, const Type& type, const std::string& word);

}  // namespace millrace::schema
