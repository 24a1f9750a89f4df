// RouteTable: which verb answers a request, by method and path. A tree of path segments where a
// literal wins over a parameter; modules are put in and taken out one by one, so that a deploy
// costs what it changes. Pure: a value, part of the projected state, asked by many threads at once.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model.hpp"
#include "schema/route.hpp"

namespace millrace::ingress {

// One `+ingress` of one verb.
struct Target {
  std::string module;
  std::string verb;
  std::string route;                    // "GET /people/{id}": what metrics and the timeline call it
  std::vector<std::string> parameters;  // of the path, in its order
  bool operator==(const Target&) const = default;
};

struct Match {
  const Target* target = nullptr;   // null: none; good as long as the table is unchanged
  std::vector<std::string> values;  // of the target's parameters
};

class RouteTable {
 public:
  // Puts in, and takes out again, the routes of all ingress verbs of the module.
  void add(const schema::Module& module);
  void remove(const schema::Module& module);

  // `segments`: of the path, percent-decoded, none for `/`.
  Match find(std::string_view method, const std::vector<std::string>& segments) const;
  // The methods that the path has, sorted; empty: no route has such a path.
  std::vector<std::string> methods(const std::vector<std::string>& segments) const;

  std::size_t size() const { return size_; }
  bool operator==(const RouteTable&) const = default;

 private:
  struct Node {
    std::map<std::string, Node, std::less<>> literals;
    std::vector<Node> parameter;  // one at most
    // By method. Two modules may hold one route while a change is on its way; the first in order
    // answers, so that all replicas agree.
    std::map<std::string, std::vector<Target>, std::less<>> targets;

    bool empty() const { return literals.empty() && parameter.empty() && targets.empty(); }
    bool operator==(const Node&) const = default;
  };
  using Segments = std::vector<std::string>;

  static void insert(Node& node, const schema::RoutePattern& pattern, std::size_t at,
                     Target target);
  static void erase(Node& node, const schema::RoutePattern& pattern, std::size_t at,
                    const Target& target);
  template <class Accept>
  static bool walk(const Node& node, const Segments& segments, std::size_t at,
                   std::vector<std::string>& values, const Accept& accept);

  Node root_;
  std::size_t size_ = 0;
};

}  // namespace millrace::ingress
