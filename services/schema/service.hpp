// The schema service without a transport: the journal, the machine, the feed, the clockwork and the
// registrations, and one method for each RPC. server.cpp turns messages into these calls. Thread
// safe, but for start and stop. Answers to writes come on the machine's thread and must not block.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/schema/change_log.hpp"
#include "services/schema/conductor.hpp"
#include "services/schema/config_view.hpp"
#include "services/schema/contexts.hpp"
#include "services/schema/history.hpp"
#include "services/schema/history_projection.hpp"
#include "services/schema/model.hpp"
#include "services/schema/registrations.hpp"
#include "services/schema/replicas.hpp"
#include "services/schema/retention.hpp"
#include "services/schema/settings.hpp"
#include "services/schema/workers.hpp"
#include "statekit/feed_hub.hpp"
#include "statekit/io/revision_waiters.hpp"
#include "statekit/past_states.hpp"

namespace millrace::schema_service {

template <class Answer>
using Done = std::function<void(statekit::Result<Answer>)>;

// Which state a reader wants to be served from (`millrace-min-revision`).
struct ReadAt {
  statekit::Incarnation incarnation;  // empty: any
  Revision revision = 0;
  std::int64_t wait_ms_max = 0;
  bool linearizable = false;  // not older than any commit that was acknowledged anywhere before
};

struct DeploymentOf {
  std::string module;
  std::string deployment;
  bool joined = false;
};
struct CreateAnswer {
  std::string changeset;  // empty: nothing had to change
  std::vector<DeploymentOf> deployments;
  statekit::Position position;
};
struct ChangesetAnswer {
  Changeset changeset;
  statekit::Position position;
};
struct PlanAnswer {
  std::vector<std::string> lines;
  Judged judged;
  std::vector<DeploymentOf> deployments;  // those that would be joined, or brought back
  statekit::Position position;
};
struct ConfigPlanAnswer {
  std::vector<std::string> lines;  // one for each value or secret that would change
  statekit::Position position;
};
struct ConfigAnswer {
  std::vector<ConfigEntry> entries;
  statekit::Position position;
};
// One secret as it came: in clear, or none to unset it.
struct ClearSecret {
  std::string module;
  std::string name;
  std::optional<seal::ClearText> json;
};
struct SecretsOrder {
  std::vector<ClearSecret> changes;
  std::optional<Revision> if_revision;
};
// One secret that somebody asked to see.
struct SeenSecret {
  std::string module;
  std::string name;
  seal::ClearText json;
  Revision version = 0;
  bool from_global = false;
};
struct SeenSecrets {
  std::vector<SeenSecret> secrets;
  statekit::Position position;
};
// Who asks to see secrets, from where and why, for the audit.
struct Asker {
  std::string who;
  std::string why;
  std::string from;
};
struct SecretListAnswer {
  std::vector<SecretEntry> entries;
  statekit::Position position;
};
struct RotateOrder {
  bool new_key = false;
  bool forget = false;
};
struct RotateAnswer {
  std::string active_key;
  std::uint64_t rewrapped = 0;
  std::map<std::string, std::uint64_t> needed;  // older keys -> secrets that still need them
  std::vector<std::string> forgotten;
  std::vector<std::string> failures;
  statekit::Position position;
};
struct AccessAnswer {
  std::vector<access::Token> tokens;  // by id
  std::vector<access::Grant> grants;  // by principal
  statekit::Position position;
};
struct SchemaAnswer {
  std::vector<std::shared_ptr<const schema::Module>> modules;  // by name
  statekit::Position position;
};
struct StatusAnswer {
  statekit::Position head;
  std::vector<statekit::FollowerRecord> followers;
  statekit::MonoMs now = 0;
  std::uint32_t feature_level = 1;
  std::string storage;
  JournalReach reach;
  std::vector<std::string> reasons;  // why it is not ready; empty: it is
  std::vector<std::string> warnings;
  std::vector<ReplicaFacts> replicas;  // by id
  std::string writer;                  // the preferred one's id
  std::string asked;                   // the id of the one that answers
};

class Service {
 public:
  // The clock outlives it. `note` is told of changes of condition, for the log.
  Service(const Settings& settings, std::unique_ptr<statekit::Journal> journal,
          std::unique_ptr<Prober> prober, const statekit::Clock& clock, statekit::MachineNote note,
          std::unique_ptr<statekit::Presence> presence = nullptr);
  ~Service();

  statekit::Status start();
  // The other replicas see this one from now on, reached at `address`.
  void join(const std::string& address) { replicas_.join(address); }
  // Where a command belongs; empty: here.
  std::string writer_address() const { return replicas_.writer_address(); }
  // Ends registrations, the clockwork and the machine, which writes a snapshot. Idempotent. The
  // feed's streams must be gone.
  void stop();
  // Answers the reads that wait, for a revision or for a worker, with Unavailable, and later ones
  // too. Before the transport stops, which waits for what it has in hand. Idempotent.
  void stop_reads();

  void create(CreateChangeset command, statekit::CommandMeta meta, std::int64_t deadline_ms,
              Done<CreateAnswer> done);
  // Finds out on a worker what was canonical then; `request.modules` comes empty.
  void rollback_to(RollbackTo command, statekit::CommandMeta meta, std::int64_t deadline_ms,
                   Done<CreateAnswer> done);
  // CommitChangeset, RollbackChangeset or FailChangeset.
  void change(Command command, const std::string& changeset, statekit::CommandMeta meta,
              std::int64_t deadline_ms, Done<ChangesetAnswer> done);
  statekit::Result<PlanAnswer> plan(const CreateChangeset& command,
                                    const statekit::CommandMeta& meta) const;
  // `request.modules` comes empty. Blocks on storage: call it on a worker.
  statekit::Result<PlanAnswer> plan(RollbackTo command, const statekit::CommandMeta& meta) const;

  void change_config(ChangeConfig command, statekit::CommandMeta meta, std::int64_t deadline_ms,
                     Done<statekit::Position> done);
  statekit::Result<ConfigPlanAnswer> plan(const ChangeConfig& command) const;

  // CreateToken, RevokeTokens or SetRoles.
  void change_access(Command command, statekit::CommandMeta meta, std::int64_t deadline_ms,
                     Done<statekit::Position> done);
  AccessAnswer access() const;

  // Checks and seals on a worker.
  void change_secrets(SecretsOrder order, statekit::CommandMeta meta, std::int64_t deadline_ms,
                      Done<statekit::Position> done);
  // Checks the values and seals nothing.
  statekit::Result<ConfigPlanAnswer> plan(SecretsOrder order) const;
  // In clear, all that are named (as module and name) or none; audited before it returns. Blocks on
  // the keys: call it on a worker.
  statekit::Result<SeenSecrets> see_secrets(const std::vector<ConfigKey>& names,
                                            const Asker& asker);
  // Blocks until all is rewrapped, at most until the deadline: call it on a worker.
  statekit::Result<RotateAnswer> rotate(const RotateOrder& order, const statekit::CommandMeta& meta,
                                        std::int64_t deadline_ms);

  // Runs `read` now, or on the waiters' thread once the state is as the reader wants it.
  // Unavailable when that takes longer than it waits; FailedPrecondition for another incarnation;
  // ResourceExhausted when too many wait. Its number among the waiting, for `wake`; 0: it ran.
  std::uint64_t when_at(const ReadAt& at, std::function<void(const statekit::Status&)> read);
  // That read need not wait any longer: its reader has gone.
  void wake(std::uint64_t waiting) { waiters_.wake(waiting); }
  // Runs `read` on a worker; ResourceExhausted when too many wait.
  void on_worker(Workers::Job read) { workers_.run(std::move(read)); }

  auto read() const { return machine_.read(); }
  // Of a state that was read just now.
  statekit::Position position_of(const State& state) const;
  statekit::Position position() const { return machine_.position(); }
  // Why nothing can be decided at present, or ever.
  statekit::Status health() const;
  // What is amiss with the storage, for people.
  std::vector<std::string> warnings() const;
  // Of all replicas.
  std::vector<statekit::FollowerRecord> followers() const;
  statekit::MonoMs now() const { return clock_.mono_ms(); }
  std::int64_t lease_ms() const { return settings_.lease_ms; }
  std::int64_t write_ms_max() const { return settings_.write_ms_max; }
  statekit::MachineStats stats() const { return machine_.stats(); }

  // These block on storage: call them on a worker.
  statekit::Result<SchemaAnswer> schema_at(const std::vector<std::string>& modules,
                                           Revision revision) const;
  // Of one module, or with an empty name of all; NotFound for one that is not known.
  statekit::Result<ConfigAnswer> config_at(const std::string& module, Revision revision) const;
  statekit::Result<SecretListAnswer> secrets(const std::string& module) const;
  // As the feed sends it; 0: now.
  statekit::Result<statekit::SnapshotParts> state_at(Revision revision) const;
  statekit::Result<journal::HistoryPage> history(const journal::HistoryAsk& ask);
  statekit::Result<StatusAnswer> status() const;
  // `at`, moved on to the journal's head as it is now.
  statekit::Result<ReadAt> at_head(ReadAt at) const;

  statekit::FeedHub& hub() { return hub_; }
  // Made by those who read the journal: for the feed and for GetState.
  statekit::PastStates& past_states() { return past_states_; }
  Registrations& registrations() { return registrations_; }
  Contexts& contexts() { return contexts_; }

 private:
  // Why a reader of this incarnation cannot be served here; ok: it can.
  statekit::Status check_incarnation(const ReadAt& at) const;
  // What a read is told that has done waiting.
  statekit::Status waited_for(const ReadAt& at) const;
  statekit::Result<SchemaAnswer> schema_of(const State& state,
                                           const std::vector<std::string>& modules) const;
  // `until`: sealing may wait for keys; null: only checks.
  statekit::Result<ChangeSecrets> sealed(SecretsOrder order, const statekit::MonoMs* until) const;
  // Ok: no secret is stored; else FailedPrecondition with the keys that are needed. Blocks.
  statekit::Status nothing_sealed();
  // Which keys the stored secrets need, for people; nothing: there are none.
  std::string needed_keys() const;
  // Whether the key that was just sealed with is the one that its name says.
  statekit::Status check_sealing_key(const std::string& key_id) const;
  statekit::Status settle_keys(bool forget, seal::KeyProvider& keys, RotateAnswer& answer);
  statekit::Status see_all();
  // The newest feature level that everyone who is connected can read; who holds it down.
  std::uint32_t readers_level(std::vector<std::string>* laggards = nullptr) const;
  statekit::Status check_readers(std::uint32_t wanted) const;
  statekit::Result<ConfigAnswer> config_of(const State& state, const std::string& module) const;
  std::vector<FollowerFact> follower_facts() const;
  ReplicaFacts facts();
  void weigh_votes_of_others();
  Conductor::Others others() const;
  void follow_journal();
  void start_history();
  void drop_old_commits();
  CreateAnswer created(const CreateChangeset& command, const statekit::Committed& committed) const;
  statekit::Result<PlanAnswer> answer_of(const State& state, const statekit::CommandMeta& meta,
                                         statekit::Result<Plan> plan) const;
  CreateAnswer rolled_back(const statekit::Committed& committed) const;
  statekit::Result<std::vector<NewModule>> canonical_at(Revision revision) const;
  std::string name_changeset(const std::string& drawn, const std::vector<std::string>& deployments,
                             const statekit::Committed& committed, const State& state) const;

  const Settings settings_;
  const statekit::Clock& clock_;
  const statekit::WallMs created_ms_;
  const std::unique_ptr<statekit::Journal> journal_;
  const std::unique_ptr<Prober> prober_;
  statekit::Broadcast broadcast_;
  Machine machine_;
  statekit::FeedHub hub_;
  Replicas replicas_;
  Registrations registrations_;
  const std::unique_ptr<Vault> vault_;
  Contexts contexts_;
  ChangeLog change_log_;
  Retention retention_;
  HistoryProjection history_;
  Conductor conductor_;
  Workers workers_;
  std::atomic<int> sealing_ = 0;  // changes of secrets that were sealed and are not committed yet
  statekit::PastStates past_states_;
  std::atomic<bool> reads_stopped_ = false;
  statekit::RevisionWaiters waiters_;
  bool started_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread journal_follower_;  // tells the machine of what other replicas wrote
};

// DATA/schema: the embedded store, and what is remembered of any other.
statekit::Status make_data_folder(const Settings& settings);

// What only the schema service keeps stays out of the snapshots that others get.
void leave_out_private(schema::Snapshot& snapshot);
// True for an encoded event that followers do not get to see.
bool is_hidden_from_followers(statekit::BytesView event);

}  // namespace millrace::schema_service
