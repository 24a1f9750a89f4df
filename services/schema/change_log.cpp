#include "services/schema/change_log.hpp"

#include <utility>

#include "statekit/io/log.hpp"

namespace millrace::schema_service {

namespace {

void log_phase(const State& state, const Changeset& changeset) {
  std::string modules;
  for (const std::string& module : modules_of(state, changeset))
    modules += (modules.empty() ? "" : ",") + module;
  const std::string event = "changeset." + std::string(name_of(changeset.phase));
  if (changeset.failure.empty())
    statekit::log_info(event, {{"changeset", changeset.key}, {"modules", modules}});
  else
    statekit::log_warn(
        event, {{"changeset", changeset.key}, {"modules", modules}, {"reason", changeset.failure}});
}

}  // namespace

void ChangeLog::follow(const State& state) {
  if (looked_ && state.revision() == looked_at_) return;
  std::map<std::string, ChangesetPhase> active;
  for (const Changeset* changeset : state.active_changesets()) {
    active.emplace(changeset->key, changeset->phase);
    const auto before = active_.find(changeset->key);
    const bool moved = before == active_.end() || before->second != changeset->phase;
    if (looked_ && moved) log_phase(state, *changeset);
  }
  for (const auto& [key, phase] : active_) {
    const Changeset* ended = active.contains(key) ? nullptr : state.changeset(key);
    if (ended != nullptr) log_phase(state, *ended);
  }
  active_ = std::move(active);
  looked_ = true;
  looked_at_ = state.revision();
}

}  // namespace millrace::schema_service
