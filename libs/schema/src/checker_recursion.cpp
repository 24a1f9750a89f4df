// recursive-type: types of which no finite value exists, and aliases that never end.
//
// Every type that can be reached becomes a node. A data or alias has a finite value when all that
// it must contain have one, an enum of types when any of its variants has one; optionals, arrays
// and maps always have (absent, empty). What is left without one stands in a circle or leads to
// one.

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "checker.hpp"
#include "schema/limits.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

int depth_of(const Type& type) {
  int deepest = 0;
  for (const Type& argument : type.arguments) deepest = std::max(deepest, depth_of(argument));
  return deepest + 1;
}

class Values {
 public:
  Values(const Index& index, const std::unordered_set<const Data*>& growing)
      : index_(index), growing_(growing) {}

  struct Node {
    std::string name;
    bool any = false;         // an enum: one child is enough
    bool finite = false;      // a value of it exists
    bool too_large = false;   // with its type parameters filled in
    std::size_t missing = 0;  // children without a value, while that is worked out
    std::vector<std::size_t> children;
  };

  std::size_t add(const Type& type) {
    const std::size_t node = node_of(type);
    expand_all();
    return node;
  }

  // Reaches what a type names without asking for a value of it.
  void reach(const Type& type) {
    look(type);
    expand_all();
  }

  // The last type that became too large since it was asked, or nothing.
  std::string take_too_large() { return std::exchange(too_large_, {}); }

  void settle() {
    std::vector<std::vector<std::size_t>> parents(nodes_.size());
    std::vector<std::size_t> done;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].missing = nodes_[i].children.size();
      for (const std::size_t child : nodes_[i].children) parents[child].push_back(i);
      if (nodes_[i].missing == 0) done.push_back(i);
    }
    while (!done.empty()) {
      Node& node = nodes_[done.back()];
      const std::size_t at = done.back();
      done.pop_back();
      if (node.finite) continue;
      node.finite = true;
      for (const std::size_t parent : parents[at]) {
        Node& above = nodes_[parent];
        if (--above.missing == 0 || above.any) done.push_back(parent);
      }
    }
  }

  const std::vector<Node>& nodes() const { return nodes_; }

  // Only nodes without a finite value, and the edges between them.
  std::vector<std::vector<std::size_t>> circles() const {
    std::vector<std::vector<std::size_t>> graph(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].finite) continue;
      for (const std::size_t child : nodes_[i].children) {
        if (!nodes_[child].finite) graph[i].push_back(child);
      }
    }
    return graph;
  }

 private:
  static bool always_has_one(const Type& type) {
    return type.optional || type.kind != TypeKind::ref || type.ref.module.empty();
  }

  std::size_t node_of(const Type& type) {
    std::string key = depth_of(type) > nesting_max ? std::string() : to_string(type);
    const bool too_large = key.empty() || key.size() > type_text_max;
    if (too_large) key = "too large: " + to_string(type.ref);
    const auto [at, fresh] = known_.try_emplace(std::move(key), nodes_.size());
    if (!fresh) return at->second;
    Node& node = nodes_.emplace_back();
    node.name = to_string(type.ref);
    node.too_large = too_large;
    if (too_large) {
      too_large_ = node.name;
    } else {
      todo_.emplace_back(at->second, type);
    }
    return at->second;
  }

  void expand_all() {
    while (!todo_.empty()) {
      auto [at, next] = std::move(todo_.back());
      todo_.pop_back();
      expand(at, next);
    }
  }

  // A part that must be there is a child; others are only looked at.
  void child(std::size_t at, const Type& type) {
    if (always_has_one(type)) return look(type);
    const std::size_t node = node_of(type);
    nodes_[at].children.push_back(node);
  }

  void look(Type type) {
    if (type.kind == TypeKind::array || type.kind == TypeKind::map) {
      for (const Type& argument : type.arguments) look(argument);
    } else if (type.kind == TypeKind::ref && !type.ref.module.empty()) {
      type.optional = false;
      node_of(type);
    }
  }

  void expand(std::size_t at, const Type& type) {
    if (const TypeAlias* alias = index_.type_alias(type.ref)) {
      child(at, alias->type);
    } else if (const Data* data = index_.data(type.ref)) {
      if (data->parameters.size() != type.arguments.size() || growing_.count(data) > 0) return;
      for (const Field& field : data->fields) {
        child(at, instantiate(field.type, *data, type.arguments));
      }
    } else if (const Enum* decl = index_.enumeration(type.ref)) {
      expand_enum(at, *decl);
    }
  }

  void expand_enum(std::size_t at, const Enum& decl) {
    bool some = false;  // a variant has a value whatever the others have
    for (const EnumVariant& variant : decl.variants) {
      const Type* type = std::get_if<Type>(&variant.value);
      if (type != nullptr) look(*type);
      some = some || type == nullptr || always_has_one(*type);
    }
    if (some) return;
    nodes_[at].any = true;
    for (const EnumVariant& variant : decl.variants) child(at, std::get<Type>(variant.value));
  }

  const Index& index_;
  const std::unordered_set<const Data*>& growing_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<std::pair<std::size_t, Type>> todo_;
  std::string too_large_;
};

struct Root {
  const Module* module;
  Spot spot;
  std::string name;
  std::size_t node;
};

Type own_type(const Module& module, const Data& data) {
  Type type = ref_to(module.name, data.name);
  for (const TypeParameter& parameter : data.parameters) {
    type.arguments.push_back(ref_to("", parameter.name));
  }
  return type;
}

void tell_too_large(const CheckRun& run, const Module& module, const Spot& spot, Values& values) {
  const std::string name = values.take_too_large();
  if (name.empty()) return;
  run.report.add(module, spot, "type-params",
                 "with its type parameters filled in, a use of " + name +
                     " that is reached from here nests deeper than " + std::to_string(nesting_max) +
                     " levels or is longer than " + std::to_string(type_text_max) +
                     " letters; name a part of it with data");
}

std::vector<Root> roots_of(const CheckRun& run, const ModuleList& modules, Values& values) {
  std::vector<Root> roots;
  for (const Module* module : modules) {
    const auto add = [&](const auto& decl, const Type& type) {
      roots.push_back({module, decl.spot, to_string(type.ref), values.add(type)});
      tell_too_large(run, *module, decl.spot, values);
    };
    for (const Data& decl : module->datas) add(decl, own_type(*module, decl));
    for (const Enum& decl : module->enums) add(decl, ref_to(module->name, decl.name));
    for (const TypeAlias& decl : module->type_aliases) add(decl, ref_to(module->name, decl.name));
    for_each_decl(*module, [&](const auto& decl) {
      walk_types(decl, [&](const Type& type) {
        values.reach(type);
        tell_too_large(run, *module, type.spot, values);
      });
    });
  }
  return roots;
}

std::string circle_text(const Values& values, const std::vector<std::size_t>& circle) {
  std::string text;
  for (const std::size_t node : circle) text += values.nodes()[node].name + " -> ";
  return text + values.nodes()[circle.front()].name;
}

// Aliases that lead back to themselves, through optionals too, never become a type, and chains of
// them are followed up to a limit.
void check_aliases(const CheckRun& run, const ModuleList& modules) {
  for (const Module* module : modules) {
    for (const TypeAlias& decl : module->type_aliases) {
      std::unordered_set<const TypeAlias*> seen;
      bool optional = false;
      const TypeAlias* at = &decl;
      while (at != nullptr && seen.size() <= static_cast<std::size_t>(nesting_max) &&
             seen.insert(at).second) {
        optional = optional || at->type.optional;
        at = at->type.kind == TypeKind::ref ? run.index.type_alias(at->type.ref) : nullptr;
      }
      if (at == &decl && optional) {
        run.report.add(*module, decl.spot, "recursive-type",
                       "typealias " + decl.name + " leads back to itself and so to no type");
      } else if (at != nullptr && seen.count(at) == 0) {
        run.report.add(*module, decl.spot, "recursive-type",
                       "typealias " + decl.name + " leads through more than " +
                           std::to_string(nesting_max) + " others; let it name the type itself");
      }
    }
  }
}

// Which types stand in a circle, each told once: where it is declared, else where it is led to.
class Circles {
 public:
  explicit Circles(const Values& values)
      : values_(values),
        graph_(values.circles()),
        in_one_(graph_.size()),
        which_(graph_.size()),
        told_(graph_.size()) {
    const auto found = components(graph_);
    for (std::size_t c = 0; c < found.size(); ++c) {
      for (const std::size_t node : found[c]) {
        const std::vector<std::size_t>& next = graph_[node];
        which_[node] = c;
        in_one_[node] =
            found[c].size() > 1 || std::find(next.begin(), next.end(), node) != next.end();
      }
    }
  }

  bool holds(std::size_t node) const { return in_one_[node]; }

  // The first type on the way from one without a value that stands in a circle: there is one.
  std::size_t behind(std::size_t from) const {
    std::vector<std::size_t> way{from};
    std::vector<bool> seen(graph_.size());
    for (std::size_t i = 0; i < way.size(); ++i) {
      if (in_one_[way[i]]) return way[i];
      for (const std::size_t next : graph_[way[i]]) {
        if (!seen[next]) way.push_back(next);
        seen[next] = true;
      }
    }
    return from;
  }

  void tell(const CheckRun& run, const Root& root, std::size_t node) {
    if (told_[which_[node]]) return;
    told_[which_[node]] = true;
    const std::string& name = values_.nodes()[node].name;
    run.report.add(
        *root.module, root.spot, "recursive-type",
        (name == root.name ? name : root.name + " leads to " + name + ", which") +
            " must contain itself: " + circle_text(values_, shortest_circle(graph_, node)) +
            "; make a part optional, an array or a map");
  }

 private:
  const Values& values_;
  std::vector<std::vector<std::size_t>> graph_;
  std::vector<bool> in_one_;
  std::vector<std::size_t> which_;
  std::vector<bool> told_;
};

}  // namespace

void check_recursion(const CheckRun& run, const ModuleList& modules,
                     const std::unordered_set<const Data*>& growing) {
  Values values(run.index, growing);
  const std::vector<Root> roots = roots_of(run, modules, values);
  values.settle();
  Circles circles(values);
  for (const Root& root : roots) {
    if (circles.holds(root.node)) circles.tell(run, root, root.node);
  }
  // A generic in whose declaration the circle is one of itself filled in: `data G<T> { x G<N> }`.
  for (const Root& root : roots) {
    const std::size_t node = circles.behind(root.node);
    if (circles.holds(node)) circles.tell(run, root, node);
  }
  check_aliases(run, modules);
}

}  // namespace millrace::schema
