// recursive-type for generic data of which each use leads to a larger one: `data A<T> { x A<[T]>?
// }`.
//
// A graph of type parameters: an edge from T of A to U of B where a field of A names B with T
// inside the argument for U. The edge grows where the argument is more than T alone. A circle with
// a growing edge never ends (Kennedy and Pierce, "On decidability of nominal subtyping with
// variance", section 5.2), and any other set of data has finitely many uses.

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "checker.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

struct Growing {
  std::size_t from, to;
  const Module* module;
  const Data* data;
  const Type* use;  // that is larger than the data itself
};

class Parameters {
 public:
  explicit Parameters(const CheckRun& run) : run_(run) {
    for (const Module* module : run.all) {
      for (const Data& data : module->datas) {
        first_.try_emplace(&data, graph_.size());
        graph_.resize(graph_.size() + data.parameters.size());
      }
    }
    for (const Module* module : run.all) {
      for (const Data& data : module->datas) {
        if (!data.parameters.empty()) add(*module, data);
      }
    }
  }

  // The growing edges that stand in a circle.
  std::vector<Growing> endless() const {
    std::vector<std::size_t> circle(graph_.size());
    const auto found = components(graph_);
    for (std::size_t c = 0; c < found.size(); ++c) {
      for (const std::size_t node : found[c]) circle[node] = c;
    }
    std::vector<Growing> out;
    for (const Growing& edge : growing_) {
      if (circle[edge.from] == circle[edge.to]) out.push_back(edge);
    }
    return out;
  }

 private:
  void add(const Module& module, const Data& data) {
    for (const Field& field : data.fields) {
      walk_type_refs(field.type, [&](const Type& use) { add_use(module, data, use); });
    }
  }

  void add_use(const Module& module, const Data& data, const Type& use) {
    const Data* target = run_.index.data(use.ref);
    if (target == nullptr || target->parameters.size() != use.arguments.size()) return;
    const auto known = first_.find(target);
    if (known == first_.end()) return;  // builtin: it leads back to nobody
    const std::size_t first = known->second;
    for (std::size_t i = 0; i < use.arguments.size(); ++i) {
      const Type& argument = use.arguments[i];
      walk_type_refs(argument, [&](const Type& inner) {
        const std::size_t from = parameter(data, inner.ref);
        if (from == graph_.size()) return;
        graph_[from].push_back(first + i);
        if (&inner != &argument) growing_.push_back({from, first + i, &module, &data, &use});
      });
    }
  }

  std::size_t parameter(const Data& data, const Ref& ref) const {
    const auto found =
        std::find_if(data.parameters.begin(), data.parameters.end(),
                     [&](const TypeParameter& known) { return known.name == ref.name; });
    if (!ref.module.empty() || found == data.parameters.end()) return graph_.size();
    return first_.at(&data) + static_cast<std::size_t>(found - data.parameters.begin());
  }

  const CheckRun& run_;
  std::unordered_map<const Data*, std::size_t> first_;
  std::vector<std::vector<std::size_t>> graph_;
  std::vector<Growing> growing_;
};

}  // namespace

std::unordered_set<const Data*> check_growth(const CheckRun& run, const ModuleList& modules) {
  const std::unordered_set<const Module*> concerned(modules.begin(), modules.end());
  std::unordered_set<const Data*> growing;
  for (const Growing& edge : Parameters(run).endless()) {
    const bool fresh = growing.insert(edge.data).second;
    if (!fresh || concerned.count(edge.module) == 0) continue;
    run.report.add(*edge.module, edge.use->spot, "recursive-type",
                   "data " + edge.module->name + "." + edge.data->name +
                       " grows for ever through its own type parameters: it leads to " +
                       to_string(*edge.use) +
                       ", and that to a larger one each time; give the inner one the parameter as "
                       "it is, or a type without parameters");
  }
  return growing;
}

}  // namespace millrace::schema
