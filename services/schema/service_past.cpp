// The parts of the service that read the past: schemas and states at a revision, history, the way
// back to one, and what of it is no longer kept.
#include <algorithm>
#include <utility>

#include "journal/open.hpp"
#include "schema/change_codec.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Result;
using statekit::SnapshotParts;
using statekit::Status;
using statekit::within;

namespace {

constexpr std::size_t key_characters = 10;

NewModule again(const Deployment& deployment) {
  NewModule module;
  module.schema = deployment.schema;
  module.digest = deployment.schema_digest;
  module.build = deployment.build;
  module.replicas = deployment.replicas;
  module.fixed_endpoint = deployment.fixed_endpoint;
  module.deployment = "dpl-" + deployment.module() + "-" + statekit::random_base36(key_characters);
  module.endpoint = "ept-" + statekit::random_base36(key_characters);
  return module;
}

}  // namespace

void leave_out_private(schema::Snapshot& snapshot) {
  snapshot.requests.clear();
  snapshot.superseded.clear();
}

Result<SchemaAnswer> Service::schema_of(const State& state,
                                        const std::vector<std::string>& modules) const {
  SchemaAnswer answer;
  for (const std::string& name : modules) {
    if (state.canonical(name) == nullptr)
      return fail(Code::not_found, "module " + name + " is not deployed at revision " +
                                       std::to_string(state.revision()));
  }
  for (const auto& [name, key] : state.canonical_keys()) {
    const bool wanted =
        modules.empty() || std::find(modules.begin(), modules.end(), name) != modules.end();
    if (wanted) answer.modules.push_back(state.deployment(key)->schema);
  }
  answer.position = position_of(state);
  return answer;
}

Result<SchemaAnswer> Service::schema_at(const std::vector<std::string>& modules,
                                        Revision revision) const {
  if (revision == 0) return schema_of(*machine_.read(), modules);
  const Result<State> state = schema_service::state_at(*journal_, revision);
  if (!state) return fail(state.error());
  return schema_of(*state, modules);
}

Result<SnapshotParts> Service::state_at(Revision revision) const {
  if (revision == 0) revision = machine_.position().revision;
  const Result<State> state = schema_service::state_at(*journal_, revision);
  if (!state) return fail(state.error());
  schema::Snapshot snapshot = state->snapshot();
  leave_out_private(snapshot);
  return statekit::encode_snapshot_parts<schema::ChangeCodec>(
      {position_of(*state), state->time_ms()}, snapshot);
}

void Service::drop_old_commits() {
  workers_.run([this](const Status& may) {
    if (!may) return;  // the next minute will do
    const auto dropped = retire(*journal_, retention_.rules(), clock_.wall_ms());
    if (!dropped)
      statekit::log_warn("schema.retention-failed", {{"detail", dropped.error().message}});
    if (!dropped || *dropped == 0) return;
    statekit::log_info("schema.commits-dropped", {{"commits", *dropped}});
    history_.commits_dropped();
  });
}

void Service::start_history() {
  const bool kept = journal::outlives_process(journal_url(settings_));
  history_.start(kept ? settings_.data + "/schema/history.db" : std::string());
}

Result<journal::HistoryPage> Service::history(const journal::HistoryAsk& ask) {
  return history_.find(ask);
}

Result<std::vector<NewModule>> Service::canonical_at(Revision revision) const {
  if (revision == 0)
    return fail(Code::invalid_argument,
                "name the revision to go back to: `millrace schema history` shows them");
  const Result<State> state = schema_service::state_at(*journal_, revision);
  if (!state) return fail(state.error());
  std::vector<NewModule> modules;
  for (const auto& [name, key] : state->canonical_keys())
    modules.push_back(again(*state->deployment(key)));
  return modules;
}

void Service::rollback_to(RollbackTo command, CommandMeta meta, std::int64_t deadline_ms,
                          Done<CreateAnswer> done) {
  workers_.run([this, command = std::move(command), meta = std::move(meta), deadline_ms,
                done = std::move(done)](const Status& room) mutable {
    if (!room) return done(fail(room.error()));
    Result<std::vector<NewModule>> modules = canonical_at(command.revision);
    if (!modules) return done(fail(std::move(modules.error())));
    command.request.modules = *std::move(modules);
    machine_.submit(std::move(command), std::move(meta), deadline_ms,
                    [this, done](const Result<Committed>& result) {
                      if (!result) return done(fail(result.error()));
                      done(rolled_back(*result));
                    });
  });
}

Result<PlanAnswer> Service::plan(RollbackTo command, const CommandMeta& meta) const {
  Result<std::vector<NewModule>> modules = canonical_at(command.revision);
  if (!modules) return fail(std::move(modules.error()));
  command.request.modules = *std::move(modules);
  const auto state = machine_.read();
  return answer_of(*state, meta, schema_service::plan(*state, meta, command));
}

// Without a changeset where nothing had to change.
CreateAnswer Service::rolled_back(const Committed& committed) const {
  const auto state = machine_.read();
  CreateAnswer answer;
  answer.changeset = name_changeset({}, {}, committed, *state);
  if (const Changeset* changeset = state->changeset(answer.changeset)) {
    for (const std::string& key : changeset->deployments) {
      const Deployment* deployment = state->deployment(key);
      if (deployment == nullptr) continue;
      const bool new_here = deployment->created_revision == committed.revision;
      answer.deployments.push_back({deployment->module(), key, !new_here});
    }
  }
  answer.position = position_of(*state);
  answer.position.revision = committed.revision;
  if (answer.position.revision != state->revision()) answer.position.digest = {};
  return answer;
}

}  // namespace millrace::schema_service
