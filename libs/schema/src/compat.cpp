// Puts the parts of comparing together, and the edits and effects that they find into changes.
#include "schema/compat.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "compat_parts.hpp"

namespace millrace::schema {

namespace {

using Modules = std::vector<const Module*>;

// Who is told of a change together: one group may be accepted without the others.
enum class Group : std::uint8_t { calls, topic, config };

Group group_of(const Use& use) {
  switch (use.kind) {
    case UseKind::topic: return Group::topic;
    case UseKind::config:
    case UseKind::secret: return Group::config;
    case UseKind::verb:
    case UseKind::route:
    case UseKind::reference: break;
  }
  return Group::calls;
}

// The rule of a change that breaks both sides, each by a rule of its own.
std::string rule_of_both(const std::string& request, const std::string& response) {
  if (request.empty() || request == response) return response;
  if (response.empty()) return request;
  return "changed-type";
}

// What the effects of one group come to.
class Summary {
 public:
  void add(const Effect& effect) {
    auto use = std::find_if(change_.uses.begin(), change_.uses.end(), [&](const Use& known) {
      return known.kind == effect.use.kind && known.what == effect.use.what &&
             known.route == effect.use.route && known.spared_realm == effect.use.spared_realm;
    });
    if (use == change_.uses.end()) use = change_.uses.insert(use, effect.use);
    const bool request = effect.side == Side::request;
    (request ? seen_request_ : seen_response_) = true;
    if (effect.rule.empty()) return;
    (request ? use->breaks_request : use->breaks_response) = true;
    std::string& rule = request ? request_rule_ : response_rule_;
    if (rule.empty()) rule = effect.rule;
    if (std::find(reasons_.begin(), reasons_.end(), effect.why) == reasons_.end())
      reasons_.push_back(effect.why);
  }

  Change finish(Change change, Group group) && {
    change.uses = std::move(change_.uses);
    std::sort(change.uses.begin(), change.uses.end(), [](const Use& a, const Use& b) {
      return std::tie(a.kind, a.what, a.route) < std::tie(b.kind, b.what, b.route);
    });
    change.breaking = !reasons_.empty();
    change.rule = rule_of_both(request_rule_, response_rule_);
    for (const std::string& reason : reasons_)
      change.why += (change.why.empty() ? "" : "; ") + reason;
    if (group == Group::config && change.breaking) change.rule = "stored-value";
    change.direction = direction(change, group);
    return change;
  }

 private:
  Direction direction(const Change& change, Group group) const {
    if (group == Group::topic) return Direction::topic;
    if (group == Group::config) return Direction::config;
    if (change.kind == ChangeKind::route_removed) return Direction::route;
    const bool request = change.breaking ? !request_rule_.empty() : seen_request_;
    const bool response = change.breaking ? !response_rule_.empty() : seen_response_;
    if (request && response) return Direction::both;
    return request ? Direction::request : Direction::response;
  }

  Change change_;
  bool seen_request_ = false;
  bool seen_response_ = false;
  std::string request_rule_;
  std::string response_rule_;
  std::vector<std::string> reasons_;
};

// Who refers to a type meets its changes too, through whatever use they show.
void add_reference(Change& change, const Index& before) {
  if (change.uses.empty() || change.direction == Direction::config) return;
  const std::size_t dot = change.place.find('.');
  if (dot == std::string::npos) return;
  const std::string name = change.place.substr(dot + 1);
  const Ref ref{change.place.substr(0, dot), name.substr(0, name.find('.')), {}};
  Visibility visibility = Visibility::internal;
  if (const Data* data = before.data(ref)) visibility = data->visibility;
  if (const Enum* decl = before.enumeration(ref)) visibility = decl->visibility;
  if (const TypeAlias* alias = before.type_alias(ref)) visibility = alias->visibility;
  if (visibility == Visibility::internal || change.uses.back().kind == UseKind::reference) return;
  Use use{UseKind::reference, ref, "", false, false, {}};
  for (const Use& other : change.uses) {
    use.breaks_request = use.breaks_request || other.breaks_request;
    use.breaks_response = use.breaks_response || other.breaks_response;
  }
  change.uses.push_back(std::move(use));
}

Modules pointers(const Schema& schema) {
  Modules modules;
  for (const Module& module : schema.modules) modules.push_back(&module);
  return modules;
}

}  // namespace

Changes::Key Changes::key_of(const Spotted& spotted) {
  return {spotted.place, spotted.kind, spotted.before, spotted.after};
}

void Changes::edit(Spotted spotted) { edits_.try_emplace(key_of(spotted)); }

void Changes::effect(const Spotted& spotted, const Effect& effect) {
  edits_[key_of(spotted)].push_back(effect);
}

std::vector<Change> Changes::finish() const {
  std::vector<Change> changes;
  for (const auto& [key, effects] : edits_) {
    Change change;
    std::tie(change.place, change.kind, change.before, change.after) = key;
    change.what = words_of(change.kind, change.before, change.after);
    std::map<Group, Summary> groups;
    for (const Effect& effect : effects) groups[group_of(effect.use)].add(effect);
    if (groups.empty()) changes.push_back(change);
    for (auto& [group, summary] : groups)
      changes.push_back(std::move(summary).finish(change, group));
  }
  return changes;
}

std::vector<Change> compare(const Modules& before, const Modules& after) {
  const Compared compared{before, after, Index(before), Index(after)};
  Changes changes;
  compare_declarations(compared, changes);
  compare_uses(compared, changes);
  std::vector<Change> found = changes.finish();
  for (Change& change : found) add_reference(change, compared.before_index);
  return found;
}

std::vector<Change> compare(const Schema& before, const Schema& after) {
  return compare(pointers(before), pointers(after));
}

bool is_breaking(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Change& change) { return change.breaking; });
}

Callers::Callers(const Schema& deployed) : Callers(pointers(deployed)) {}

}  // namespace millrace::schema
