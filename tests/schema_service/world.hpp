// A schema service without threads, network or disk: its state, its rules and its clockwork, with
// the time in the test's hand. Commands are folded as soon as they are decided.
#pragma once

#include <string>
#include <vector>

#include "schema/change_codec.hpp"
#include "services/schema/decide.hpp"
#include "services/schema/leases.hpp"
#include "services/schema/rollout.hpp"
#include "services/schema/state.hpp"

namespace millrace::test {

class World {
 public:
  using Command = schema_service::Command;

  // Decides and folds; the events, or the refusal. An answer from before has no events.
  statekit::Result<schema_service::Decision> run(const Command& command,
                                                 const statekit::CommandMeta& meta = {}) {
    statekit::CommandMeta at = meta;
    at.now_ms = wall_ms;
    auto decision = schema_service::decide(state, at, command);
    if (decision && !decision->events.empty()) fold(at, decision->events);
    return decision;
  }

  // Lets the clockwork look once; the events that came of it.
  std::vector<schema::Event> tick() {
    std::vector<schema::Event> events;
    std::vector<Command> commands = rollout.tick(state, mono_ms, followers);
    for (Command& command : leases.tick(state, mono_ms)) commands.push_back(std::move(command));
    for (const Command& command : commands) {
      const auto decision = run(command, {"clockwork", {}, 0, {}, {}});
      if (!decision) continue;
      events.insert(events.end(), decision->events.begin(), decision->events.end());
    }
    return events;
  }

  // Lets it run until nothing more is due.
  std::vector<schema::Event> settle() {
    std::vector<schema::Event> events;
    for (int round = 0; round < 100; ++round) {
      const std::vector<schema::Event> more = tick();
      if (more.empty()) return events;
      events.insert(events.end(), more.begin(), more.end());
    }
    return events;
  }

  // While the clockwork sleeps.
  void let_pass(std::int64_t ms) {
    wall_ms += ms;
    mono_ms += ms;
  }

  std::vector<schema::Event> pass(std::int64_t ms) {
    let_pass(ms);
    return settle();
  }

  // The state goes to bytes and back, as over a restart; the clockwork begins anew.
  void restart() {
    const auto bytes = schema::ChangeCodec::encode_snapshot(state.snapshot());
    schema_service::State restored;
    restored.restore(schema::ChangeCodec::decode_snapshot(bytes).value());
    state = restored;
    mono_ms = 5;
    rollout = schema_service::Rollout(times);
    leases = schema_service::Leases(lease_ms);
  }

  // Back to a revision, with keys that end in `key`.
  schema_service::RollbackTo rollback_to(statekit::Revision revision,
                                         const std::string& key) const {
    schema_service::State then;
    for (const schema::Commit& commit : commits)
      if (commit.meta.revision <= revision) then.apply(commit);
    schema_service::RollbackTo command;
    command.revision = revision;
    command.request.key = "chs-" + key;
    for (const auto& [name, deployed] : then.canonical_keys()) {
      const schema_service::Deployment& was = *then.deployment(deployed);
      command.request.modules.push_back({was.schema, was.schema_digest, was.build, was.replicas,
                                         was.fixed_endpoint, "dpl-" + name + "-" + key,
                                         "ept-fixed-" + name + "-" + key});
    }
    return command;
  }

  schema_service::State state;
  std::vector<schema::Commit> commits;
  std::vector<schema_service::FollowerFact> followers;
  statekit::WallMs wall_ms = 1'700'000'000'000;
  statekit::MonoMs mono_ms = 0;
  std::int64_t lease_ms = 10'000;
  schema_service::RolloutTimes times;

 private:
  void fold(const statekit::CommandMeta& meta, const std::vector<schema::Event>& events) {
    const statekit::WallMs time = std::max(meta.now_ms, state.time_ms());
    schema::Commit commit{{state.revision() + 1, time, meta.principal, meta.reason}, events};
    state.apply(commit);
    commits.push_back(std::move(commit));
  }

 public:
  schema_service::Rollout rollout{times};
  schema_service::Leases leases{lease_ms};
};

}  // namespace millrace::test
