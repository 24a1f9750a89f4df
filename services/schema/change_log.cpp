#include "services/schema/change_log.hpp"

#include <utility>

#include "statekit/io/log.hpp"

namespace millrace::schema_service {

ChangeLog::Line ChangeLog::line_of(const State& state, const Changeset& changeset) {
  Line line{
      "changeset." + std::string(name_of(changeset.phase)), changeset.key, {}, changeset.failure};
  for (const std::string& module : modules_of(state, changeset))
    line.modules += (line.modules.empty() ? "" : ",") + module;
  return line;
}

void ChangeLog::tell() {
  for (const Line& line : lines_) {
    if (line.failure.empty())
      statekit::log_info(line.event, {{"changeset", line.changeset}, {"modules", line.modules}});
    else
      statekit::log_warn(
          line.event,
          {{"changeset", line.changeset}, {"modules", line.modules}, {"reason", line.failure}});
  }
  lines_.clear();
}

void ChangeLog::follow(const State& state) {
  if (looked_ && state.revision() == looked_at_) return;
  std::map<std::string, ChangesetPhase> active;
  for (const Changeset* changeset : state.active_changesets()) {
    active.emplace(changeset->key, changeset->phase);
    const auto before = active_.find(changeset->key);
    const bool moved = before == active_.end() || before->second != changeset->phase;
    if (looked_ && moved) lines_.push_back(line_of(state, *changeset));
  }
  for (const auto& [key, phase] : active_) {
    const Changeset* ended = active.contains(key) ? nullptr : state.changeset(key);
    if (ended != nullptr) lines_.push_back(line_of(state, *ended));
  }
  active_ = std::move(active);
  looked_ = true;
  looked_at_ = state.revision();
}

}  // namespace millrace::schema_service
