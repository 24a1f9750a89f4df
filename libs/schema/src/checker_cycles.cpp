// import-cycle, and the graph algorithms that recursive-type shares with it.

#include <algorithm>
#include <deque>
#include <limits>
#include <set>
#include <unordered_map>

#include "checker.hpp"

namespace millrace::schema {

namespace {

using Graph = std::vector<std::vector<std::size_t>>;
constexpr std::size_t unvisited = std::numeric_limits<std::size_t>::max();

// Tarjan's algorithm with a stack of its own, since a chain may be long.
class Tarjan {
 public:
  explicit Tarjan(const Graph& graph)
      : graph_(graph), order_(graph.size(), unvisited), low_(graph.size()), on_(graph.size()) {}

  std::vector<std::vector<std::size_t>> run() {
    for (std::size_t node = 0; node < graph_.size(); ++node) {
      if (order_[node] == unvisited) visit(node);
    }
    return std::move(found_);
  }

 private:
  struct Frame {
    std::size_t node;
    std::size_t next;
  };

  void enter(std::size_t node) {
    order_[node] = low_[node] = count_++;
    on_[node] = true;
    stack_.push_back(node);
    frames_.push_back({node, 0});
  }

  void visit(std::size_t root) {
    enter(root);
    while (!frames_.empty()) {
      const std::size_t node = frames_.back().node;
      if (frames_.back().next < graph_[node].size()) {
        const std::size_t next = graph_[node][frames_.back().next++];
        if (order_[next] == unvisited) {
          enter(next);
        } else if (on_[next]) {
          low_[node] = std::min(low_[node], order_[next]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        std::size_t& parent = low_[frames_.back().node];
        parent = std::min(parent, low_[node]);
      }
      if (low_[node] == order_[node]) close(node);
    }
  }

  void close(std::size_t node) {
    std::vector<std::size_t>& component = found_.emplace_back();
    std::size_t member = unvisited;
    while (member != node) {
      member = stack_.back();
      stack_.pop_back();
      on_[member] = false;
      component.push_back(member);
    }
  }

  const Graph& graph_;
  std::vector<std::size_t> order_, low_;
  std::vector<bool> on_;
  std::vector<std::size_t> stack_;
  std::vector<Frame> frames_;
  std::size_t count_ = 0;
  std::vector<std::vector<std::size_t>> found_;
};

}  // namespace

std::vector<std::vector<std::size_t>> components(const Graph& graph) { return Tarjan(graph).run(); }

std::vector<std::size_t> shortest_circle(const Graph& graph, std::size_t node) {
  std::unordered_map<std::size_t, std::size_t> came_from;
  std::deque<std::size_t> todo{node};
  while (!todo.empty()) {
    const std::size_t at = todo.front();
    todo.pop_front();
    for (const std::size_t next : graph[at]) {
      if (next == node) {
        std::vector<std::size_t> way;
        for (std::size_t step = at; step != node; step = came_from.at(step)) way.push_back(step);
        way.push_back(node);
        std::reverse(way.begin(), way.end());
        return way;
      }
      if (came_from.try_emplace(next, at).second) todo.push_back(next);
    }
  }
  return {};
}

void check_import_cycles(const CheckRun& run, const ModuleList& modules) {
  const ModuleList& all = run.all;
  std::unordered_map<std::string_view, std::size_t> number;
  for (std::size_t i = 0; i < all.size(); ++i) number.try_emplace(all[i]->name, i);
  Graph graph(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const std::string& name : imports(*all[i])) {
      const auto found = number.find(name);
      if (found != number.end()) graph[i].push_back(found->second);
    }
  }
  const std::set<const Module*> concerned(modules.begin(), modules.end());
  for (std::vector<std::size_t>& circle : components(graph)) {
    if (circle.size() < 2) continue;
    if (std::none_of(circle.begin(), circle.end(),
                     [&](std::size_t i) { return concerned.count(all[i]) > 0; })) {
      continue;
    }
    const std::size_t first = *std::min_element(
        circle.begin(), circle.end(),
        [&](std::size_t a, std::size_t b) { return all[a]->name < all[b]->name; });
    std::string text;
    for (const std::size_t i : shortest_circle(graph, first)) text += all[i]->name + " -> ";
    run.report.add(*all[first], all[first]->spot, "import-cycle",
                   "modules refer to each other in a circle: " + text + all[first]->name);
  }
}

}  // namespace millrace::schema
