// What callers use: verbs, topics, configs and secrets between modules, routes over HTTP. Each is
// walked from both sides.
#include <algorithm>
#include <array>
#include <utility>

#include "compat_parts.hpp"
#include "metadata_text.hpp"
#include "schema/route.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

Spotted spot(ChangeKind kind, const std::string& place, const Type& before, const Type& after) {
  return {kind, place, to_string(before), to_string(after)};
}

class Uses {
 public:
  Uses(const Compared& compared, const Affected& affected, Changes& changes)
      : compared_(compared), affected_(affected), changes_(changes) {}

  void run() {
    for (const Module* module : compared_.before) {
      for (const Verb& verb : module->verbs) this->verb(*module, verb);
      for (const Topic& topic : module->topics) this->topic(*module, topic);
      for (const Config& config : module->configs) {
        const Ref ref{module->name, config.name, {}};
        if (const Config* after = compared_.after_index.config(ref))
          stored(ref, UseKind::config, config.type, after->type);
      }
      for (const Secret& secret : module->secrets) {
        const Ref ref{module->name, secret.name, {}};
        if (const Secret* after = compared_.after_index.secret(ref))
          stored(ref, UseKind::secret, secret.type, after->type);
      }
    }
  }

 private:
  void walk(Use use, Side side, const Type& before, const Type& after, const Spotted& at) {
    Walk(compared_, affected_, changes_, std::move(use), side, Face::modules)
        .types(before, after, at);
  }

  void verb(const Module& module, const Verb& before) {
    if (before.visibility == Visibility::internal) return;
    const Ref ref{module.name, before.name, {}};
    const Verb* after = compared_.after_index.verb(ref);
    if (after == nullptr) return;
    const Use use{UseKind::verb, ref, "", false, false, {}};
    const std::string at = to_string(ref);
    walk(use, Side::request, before.request, after->request,
         spot(ChangeKind::request_changed, at, before.request, after->request));
    walk(use, Side::response, before.response, after->response,
         spot(ChangeKind::response_changed, at, before.response, after->response));
  }

  void topic(const Module& module, const Topic& before) {
    if (before.visibility == Visibility::internal) return;
    const Ref ref{module.name, before.name, {}};
    const Topic* after = compared_.after_index.topic(ref);
    if (after == nullptr) return;
    const Use use{UseKind::topic, ref, "", false, false, {}};
    const Spotted at = spot(ChangeKind::type_changed, to_string(ref), before.event, after->event);
    walk(use, Side::request, before.event, after->event, at);
    walk(use, Side::response, before.event, after->event, at);
  }

  // A stored value is what a caller sent long ago.
  void stored(const Ref& ref, UseKind kind, const Type& before, const Type& after) {
    walk({kind, ref, "", false, false, {}}, Side::request, before, after,
         spot(ChangeKind::type_changed, to_string(ref), before, after));
  }

  const Compared& compared_;
  const Affected& affected_;
  Changes& changes_;
};

}  // namespace

Affected::Affected(const Compared& compared) {
  std::unordered_map<Ref, std::vector<Ref>> users;
  std::vector<Ref> todo;
  const auto read = [&](const std::vector<const Module*>& modules, const Index& other) {
    for (const Module* module : modules) {
      for_each_decl(*module, [&](const auto& decl) {
        const Ref self{module->name, decl.name, {}};
        const DeclPtr found = other.find(self);
        const auto* same = std::get_if<decltype(&decl)>(&found);
        if (same == nullptr || !(**same == decl)) todo.push_back(self);
        walk_types(decl, [&](const Type& type) {
          walk_type_refs(type, [&](const Type& used) { users[used.ref].push_back(self); });
        });
      });
    }
  };
  read(compared.before, compared.after_index);
  read(compared.after, compared.before_index);
  while (!todo.empty()) {
    const Ref ref = std::move(todo.back());
    todo.pop_back();
    if (!refs_.insert(ref).second) continue;
    if (const auto found = users.find(ref); found != users.end())
      todo.insert(todo.end(), found->second.begin(), found->second.end());
  }
}

bool Affected::contains(const Type& type) const {
  if (type.kind == TypeKind::ref && refs_.contains(type.ref)) return true;
  return std::any_of(type.arguments.begin(), type.arguments.end(),
                     [&](const Type& argument) { return contains(argument); });
}

void compare_uses(const Compared& compared, Changes& changes) {
  const Affected affected(compared);
  Uses(compared, affected, changes).run();
  compare_routes(compared, affected, changes);
}

}  // namespace millrace::schema
