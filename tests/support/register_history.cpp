#include "support/register_history.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace millrace::test {
namespace {

using Ops = std::vector<RegisterOp>;

// A write of unknown outcome that no read saw can be left out: it explains nothing.
void drop_unseen(Ops& ops) {
  std::set<std::int64_t> seen;
  for (const RegisterOp& op : ops)
    if (!op.write) seen.insert(op.value);
  std::erase_if(ops, [&](const RegisterOp& op) {
    return op.write && op.returned == RegisterOp::never && !seen.contains(op.value);
  });
}

// Which operations have been given their instant, and what the register holds then. All before
// `first` have; `later` are those behind it that have too.
struct Configuration {
  std::size_t first = 0;
  std::set<std::size_t> later;
  std::int64_t value = 0;

  bool done(std::size_t op) const { return op < first || later.contains(op); }

  void take(std::size_t op) {
    later.insert(op);
    while (later.erase(first) == 1) ++first;
  }

  std::string key() const {
    std::string text = std::to_string(first) + "/" + std::to_string(value);
    for (const std::size_t op : later) text += "," + std::to_string(op);
    return text;
  }
};

class Search {
 public:
  explicit Search(Ops ops) : ops_(std::move(ops)) {
    std::stable_sort(ops_.begin(), ops_.end(),
                     [](const RegisterOp& a, const RegisterOp& b) { return a.called < b.called; });
  }

  bool succeeds(std::int64_t initial) {
    std::vector<Configuration> open(1);
    open[0].value = initial;
    while (!open.empty()) {
      const Configuration at = std::move(open.back());
      open.pop_back();
      if (!visited_.insert(at.key()).second) continue;
      if (at.first >= furthest_.first) furthest_ = at;
      if (finished(at)) return true;
      expand(at, open);
    }
    return false;
  }

  std::string explanation() const {
    std::string text =
        "no order explains what was seen; the search came to a register that holds " +
        std::to_string(furthest_.value) + ", and next could have been:";
    const std::int64_t end = earliest_return(furthest_);
    for (std::size_t i = furthest_.first; i < ops_.size() && ops_[i].called <= end; ++i)
      if (!furthest_.done(i)) text += "\n  " + shown(ops_[i]);
    return text;
  }

 private:
  static std::string shown(const RegisterOp& op) {
    return op.who + (op.write ? " writes " : " reads ") + std::to_string(op.value) + " [" +
           std::to_string(op.called) + ", " +
           (op.returned == RegisterOp::never ? "?" : std::to_string(op.returned)) + "]";
  }

  bool finished(const Configuration& at) const {
    for (std::size_t i = at.first; i < ops_.size(); ++i)
      if (!at.done(i) && ops_[i].returned != RegisterOp::never) return false;
    return true;
  }

  // Whoever returned first must have happened before whoever was called after that.
  std::int64_t earliest_return(const Configuration& at) const {
    std::int64_t earliest = RegisterOp::never;
    for (std::size_t i = at.first; i < ops_.size() && ops_[i].called <= earliest; ++i)
      if (!at.done(i)) earliest = std::min(earliest, ops_[i].returned);
    return earliest;
  }

  void expand(const Configuration& at, std::vector<Configuration>& open) const {
    const std::int64_t end = earliest_return(at);
    // The last one pushed is looked at first: reads that fit, since they cost nothing.
    for (const bool write : {true, false}) {
      for (std::size_t i = ops_.size(); i-- > at.first;) {
        const RegisterOp& op = ops_[i];
        if (op.write != write || op.called > end || at.done(i)) continue;
        if (!op.write && op.value != at.value) continue;
        Configuration next = at;
        if (op.write) next.value = op.value;
        next.take(i);
        open.push_back(std::move(next));
      }
    }
  }

  Ops ops_;
  std::unordered_set<std::string> visited_;
  Configuration furthest_;
};

}  // namespace

std::optional<std::string> not_linearizable(Ops history, std::int64_t initial) {
  drop_unseen(history);
  Search search(std::move(history));
  if (search.succeeds(initial)) return std::nullopt;
  return search.explanation();
}

}  // namespace millrace::test
