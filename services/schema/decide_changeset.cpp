// How a changeset moves on: by its clients' wish and by the facts of the clockwork.
#include <algorithm>

#include "services/schema/breaks.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

std::string seconds(std::int64_t ms) {
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

Result<const Changeset*> find(const State& state, const std::string& key) {
  if (const Changeset* changeset = state.changeset(key)) return changeset;
  return fail(Code::not_found,
              "no changeset " + key + ": `millrace changeset list` shows those there are");
}

std::string in_phase(const Changeset& changeset) {
  return "changeset " + changeset.key + " is " + std::string(name_of(changeset.phase));
}

// Those that it brought, and those that it brings back.
bool may_become_canonical(const Deployment& deployment) {
  return deployment.phase == DeploymentPhase::preparing || is_kept_for_rollback(deployment);
}

// What its deployments still wait for; empty when nothing.
std::string wanting(const State& state, const Changeset& changeset) {
  std::string text;
  for (const std::string& key : changeset.deployments) {
    const Deployment* deployment = state.deployment(key);
    if (deployment != nullptr && may_become_canonical(*deployment) && is_ready(state, *deployment))
      continue;
    text += (text.empty() ? "" : ", ") + key;
    if (deployment == nullptr)
      text += " is gone";
    else if (!may_become_canonical(*deployment))
      text += " is " + std::string(name_of(deployment->phase));
    else
      text += " has " + std::to_string(state.live_endpoints_of(key)) + " of " +
              std::to_string(deployment->replicas) + " live endpoints";
  }
  return text;
}

// The whole check again, at the revision at which the changeset is to take effect.
Status check_again(const State& state, const Changeset& changeset) {
  std::vector<std::shared_ptr<const schema::Module>> modules;
  for (const std::string& key : changeset.deployments) {
    if (const Deployment* deployment = state.deployment(key)) modules.push_back(deployment->schema);
  }
  if (Status checked = check_change(state, modules, changeset.removed_modules); !checked)
    return checked;
  return check_breaks(state, modules, changeset);
}

schema::ChangesetCommitted committed(const State& state, const Changeset& changeset) {
  schema::ChangesetCommitted event{changeset.key, {}};
  for (const std::string& module : modules_of(state, changeset)) {
    if (const Deployment* deployment = state.canonical(module))
      event.replaced.push_back(deployment->key);
  }
  std::sort(event.replaced.begin(), event.replaced.end());
  return event;
}

std::string first_line(const statekit::Error& error) {
  return error.details.empty() ? error.message : error.message + ": " + error.details.front();
}

Events advance_preparing(const State& state, const Changeset& changeset, const Advance& facts) {
  const std::string missing = wanting(state, changeset);
  if (missing.empty()) return {schema::ChangesetPrepared{changeset.key}};
  if (facts.elapsed_ms < changeset.deadline_ms) return {};
  return {schema::ChangesetRollingBack{
      changeset.key, "not prepared within " + seconds(changeset.deadline_ms) + ": " + missing}};
}

// A deployment that takes a share of the traffic and has nobody to answer it; empty: none.
std::string deserted(const State& state, const Changeset& changeset) {
  for (const std::string& key : changeset.deployments) {
    const Deployment* deployment = state.deployment(key);
    if (deployment == nullptr) return key;
    if (!is_ready(state, *deployment) && state.live_endpoints_of(key) == 0) return key;
  }
  return {};
}

// On hold nothing happens by itself, but callers must not suffer from a canary that died.
Events advance_held(const State& state, const Changeset& changeset) {
  if (changeset.canary_percent == 0) return {};
  const std::string key = deserted(state, changeset);
  if (key.empty()) return {};
  return {schema::ChangesetRollingBack{
      changeset.key, "its canary takes " + std::to_string(changeset.canary_percent) +
                         "% of the traffic, and " + key + " has no live endpoint left"}};
}

Events advance_prepared(const State& state, const Changeset& changeset, const Advance& facts) {
  if (changeset.hold) return advance_held(state, changeset);
  const std::string missing = wanting(state, changeset);
  if (!missing.empty()) {
    if (facts.elapsed_ms < changeset.deadline_ms) return {};
    return {schema::ChangesetRollingBack{changeset.key, "no longer ready: " + missing}};
  }
  if (const Status checked = check_again(state, changeset); !checked)
    return {schema::ChangesetRollingBack{changeset.key, first_line(checked.error())}};
  return {committed(state, changeset)};
}

bool drained(const Changeset& changeset, const Advance& facts) {
  return (facts.acknowledged && facts.calls_done) || facts.elapsed_ms >= changeset.drain_ms_max;
}

// A changeset that brings it back needs it.
bool is_brought_back(const State& state, const Deployment& deployment) {
  const Changeset* holder = state.holder_of(deployment.module());
  if (holder == nullptr) return false;
  const auto& keys = holder->deployments;
  return std::find(keys.begin(), keys.end(), deployment.key) != keys.end();
}

bool is_kept_no_longer(const State& state, const Deployment* deployment) {
  if (deployment == nullptr) return false;
  if (deployment->phase == DeploymentPhase::failed) return true;
  return deployment->phase == DeploymentPhase::retired && !is_brought_back(state, *deployment);
}

}  // namespace

bool is_kept_for_rollback(const Deployment& deployment) {
  return deployment.phase == DeploymentPhase::draining ||
         deployment.phase == DeploymentPhase::retired;
}

bool is_ready(const State& state, const Deployment& deployment) {
  const bool needs_none = deployment.schema->verbs.empty() && deployment.fixed_endpoint.empty();
  return needs_none || state.live_endpoints_of(deployment.key) >= deployment.replicas;
}

Result<Events> decide_commit(const State& state, const CommitChangeset& command) {
  const Result<const Changeset*> found = find(state, command.changeset);
  if (!found) return fail(found.error());
  const Changeset& changeset = **found;
  if (changeset.phase == ChangesetPhase::preparing) {
    const std::string missing = wanting(state, changeset);
    return fail(Code::failed_precondition, in_phase(changeset) + ": commit it when it is prepared" +
                                               (missing.empty() ? "" : "; " + missing));
  }
  if (changeset.phase != ChangesetPhase::prepared)
    return fail(Code::failed_precondition,
                in_phase(changeset) + ": only a prepared one can be committed");
  if (const std::string missing = wanting(state, changeset); !missing.empty())
    return fail(Code::failed_precondition,
                "changeset " + changeset.key + " is no longer ready: " + missing);
  if (Status checked = check_again(state, changeset); !checked) return fail(checked.error());
  return Events{committed(state, changeset)};
}

Result<Events> decide_rollback(const State& state, const CommandMeta& meta,
                               const RollbackChangeset& command) {
  const Result<const Changeset*> found = find(state, command.changeset);
  if (!found) return fail(found.error());
  const Changeset& changeset = **found;
  if (changeset.phase != ChangesetPhase::preparing && changeset.phase != ChangesetPhase::prepared)
    return fail(Code::failed_precondition,
                in_phase(changeset) + ": only one that is not committed can be rolled back");
  const std::string why = meta.reason.empty() ? "" : ": " + meta.reason;
  return Events{
      schema::ChangesetRollingBack{changeset.key, "rolled back by " + meta.principal + why}};
}

Result<Events> decide_fail(const State& state, const CommandMeta& meta,
                           const FailChangeset& command) {
  const Result<const Changeset*> found = find(state, command.changeset);
  if (!found) return fail(found.error());
  const Changeset& changeset = **found;
  const bool can_fail = changeset.phase == ChangesetPhase::preparing ||
                        changeset.phase == ChangesetPhase::prepared ||
                        changeset.phase == ChangesetPhase::rolling_back;
  if (!can_fail)
    return fail(Code::failed_precondition,
                in_phase(changeset) + ": only one that is not committed can fail");
  const std::string why = meta.reason.empty() ? "" : ": " + meta.reason;
  return Events{schema::ChangesetFailed{changeset.key, "failed by " + meta.principal + why}};
}

Events decide_advance(const State& state, const Advance& facts) {
  const Changeset* changeset = state.changeset(facts.changeset);
  if (changeset == nullptr || changeset->phase_revision != facts.phase_revision) return {};
  switch (changeset->phase) {
    case ChangesetPhase::preparing: return advance_preparing(state, *changeset, facts);
    case ChangesetPhase::prepared: return advance_prepared(state, *changeset, facts);
    case ChangesetPhase::committed:
      if (!drained(*changeset, facts)) return {};
      return {schema::ChangesetDrained{changeset->key}};
    case ChangesetPhase::drained: return {schema::ChangesetFinalized{changeset->key}};
    case ChangesetPhase::rolling_back:
      return {schema::ChangesetFailed{changeset->key, changeset->failure}};
    case ChangesetPhase::finalized:
    case ChangesetPhase::failed: break;
  }
  return {};
}

bool due(const State& state, const Advance& facts) { return !decide_advance(state, facts).empty(); }

Events decide_removal(const State& state, const RemoveDeployments& command) {
  schema::DeploymentsRemoved event;
  for (const std::string& key : command.deployments) {
    if (is_kept_no_longer(state, state.deployment(key))) event.deployments.push_back(key);
  }
  if (event.deployments.empty()) return {};
  return {std::move(event)};
}

}  // namespace millrace::schema_service
