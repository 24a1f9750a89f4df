#include "services/schema/workspace/catalogue.hpp"

#include "services/schema/workspace/refusal.hpp"
#include "statekit/entry_hash.hpp"

namespace millrace::workspace {

using statekit::Decision;
using statekit::Result;

void CatalogueState::apply(const statekit::Commit<Event>& commit) {
  held_.revision = commit.meta.revision;
  for (const Event& event : commit.events) {
    if (const auto* entered = std::get_if<NameEntered>(&event))
      held_.names[entered->name] = {commit.meta.revision, commit.meta.time_ms};
    if (const auto* dropped = std::get_if<NameDropped>(&event)) held_.names.erase(dropped->name);
  }
}

std::uint64_t CatalogueState::digest() const {
  std::uint64_t sum = 0;
  for (const auto& [name, entry] : held_.names)
    sum += statekit::EntryHash().add(name).add(entry.id).value();
  return sum;
}

Revision CatalogueState::id_of(const std::string& name) const {
  const auto found = held_.names.find(name);
  return found == held_.names.end() ? 0 : found->second.id;
}

Result<Decision<CatalogueEvent>> decide(const CatalogueState& state, const statekit::CommandMeta&,
                                        const CatalogueCommand& command) {
  Decision<CatalogueEvent> decision;
  if (const auto* enter = std::get_if<EnterName>(&command)) {
    if (state.id_of(enter->name) != 0) return decision;
    if (state.names().size() >= enter->names_max)
      return refuse(Refusal::full, "there are " + std::to_string(state.names().size()) +
                                       " workspaces already (schema.state.workspaces_max): delete "
                                       "one that is not needed");
    decision.events.push_back(NameEntered{enter->name});
  }
  if (const auto* drop = std::get_if<DropName>(&command))
    if (state.id_of(drop->name) == drop->id)
      decision.events.push_back(NameDropped{drop->name, drop->id});
  return decision;
}

}  // namespace millrace::workspace
