// Who uses what, found in metadata and in types, asked once for each change.
#include <set>

#include "schema/compat.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

HitKind kind_of(const MetadataValue& value) {
  if (std::holds_alternative<Subscribe>(value)) return HitKind::subscribes;
  if (std::holds_alternative<Publish>(value)) return HitKind::publishes;
  const bool calls = std::holds_alternative<Calls>(value) || std::holds_alternative<Retry>(value);
  return calls ? HitKind::calls : HitKind::refers;
}

}  // namespace

Callers::Callers(const std::vector<const Module*>& deployed) {
  for (const Module* module : deployed) add(*module);
}

void Callers::add(const Module& module) {
  const auto note = [&](const Ref& used, HitKind kind, const std::string& decl) {
    if (used.module == module.name || used.module.empty()) return;
    users_[used].insert({kind, Ref{module.name, decl, {}}, module.realm});
  };
  const auto metadata = [&](const Metadata& entry, const std::string& decl) {
    walk_metadata_refs(entry.value,
                       [&](const Ref& ref, Wanted) { note(ref, kind_of(entry.value), decl); });
  };
  for (const Metadata& entry : module.metadata) metadata(entry, "");
  for_each_decl(module, [&](const auto& decl) {
    walk_metadata(decl, [&](const Metadata& entry) { metadata(entry, decl.name); });
    walk_types(decl, [&](const Type& type) {
      walk_type_refs(type, [&](const Type& used) { note(used.ref, HitKind::refers, decl.name); });
    });
  });
}

void Callers::find(const Use& use, HitKind kind, bool breaks, std::set<Hit>& hits) const {
  const auto users = users_.find(use.what);
  if (users == users_.end()) return;
  for (const User& user : users->second) {
    if (user.kind != kind || user.realm == use.spared_realm) continue;
    hits.insert({kind, user.caller, to_string(use.what), breaks});
  }
}

std::vector<Hit> Callers::of(const Change& change) const {
  std::set<Hit> hits;
  for (const Use& use : change.uses) {
    switch (use.kind) {
      case UseKind::verb: find(use, HitKind::calls, use.breaks(), hits); break;
      case UseKind::topic:
        find(use, HitKind::subscribes, use.breaks_response, hits);
        find(use, HitKind::publishes, use.breaks_request, hits);
        break;
      case UseKind::reference: find(use, HitKind::refers, use.breaks(), hits); break;
      case UseKind::route: hits.insert({HitKind::over_http, {}, use.route, use.breaks()}); break;
      case UseKind::config:
      case UseKind::secret:
        hits.insert(
            {HitKind::stored, {use.what.module, "", {}}, to_string(use.what), use.breaks()});
        break;
    }
  }
  return {hits.begin(), hits.end()};
}

}  // namespace millrace::schema
