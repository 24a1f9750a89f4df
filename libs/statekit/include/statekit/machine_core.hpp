// MachineCore<Model>: what a Machine does, without a thread or a clock. `submit` takes a command,
// `step` handles one group: decide each on the draft, append all in one write, publish and answer.
// The simulation and the unit tests drive it by hand. One thread, except for projection(),
// position(), snapshot_parts(), health() and stats().
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "statekit/broadcast.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/journal.hpp"
#include "statekit/machine_parts.hpp"
#include "statekit/projection.hpp"
#include "statekit/state.hpp"

namespace millrace::statekit {

template <class Model>
class MachineCore {
 public:
  using State = typename Model::State;
  using Command = typename Model::Command;
  using Codec = typename Model::Codec;
  using Event = typename State::Event;
  using Done = std::function<void(Result<Committed>)>;
  static_assert(MachineState<State>);

  MachineCore(Journal& journal, Broadcast& broadcast, MachineLimits limits = {},
              MachineNote note = {})
      : journal_(journal), broadcast_(broadcast), limits_(limits), note_(std::move(note)) {}

  // Opens the journal and rebuilds the state from it.
  Status start(const JournalOptions& options) {
    JournalResult<Head> head = journal_.open(options);
    if (!head) return fail(within("opening the journal", to_error(head.error())));
    trail_.reset({Position{head->incarnation, 0, {}}, 0});
    broadcast_.reset(Position{head->incarnation, 0, {}});
    Status rebuilt = rebuild();
    if (rebuilt) return {};
    // An event from a newer binary: what stands before it is served, nothing is decided.
    if (rebuilt.error().code != Code::unimplemented)
      return fail(within("reading the journal", std::move(rebuilt.error())));
    stop_deciding(rebuilt.error());
    return {};
  }

  // Calls `done` once: later, or at once where the command cannot be taken.
  void submit(Command command, CommandMeta meta, MonoMs deadline, Done done) {
    if (Status able = health(); !able) return done(fail(able.error()));
    if (queue_.size() >= limits_.queue_max)
      return done(fail(Code::resource_exhausted, "too many commands are waiting: try again later"));
    queue_.push_back({std::move(command), std::move(meta), deadline, std::move(done), 0});
  }
  std::size_t queued() const { return queue_.size(); }

  // One group, or one attempt to settle or to recover.
  StepReport step(MonoMs now) {
    conflict_pause_ms_ = 0;
    if (held_) return settle(now);
    if (!able_to_decide()) return recover();
    expire(now);
    const bool looked = std::exchange(look_, false);
    if (looked) follow_head();
    if (!able_to_decide() || queue_.empty()) return report();
    decide(looked);
    if (able_to_decide() && snapshot_due()) static_cast<void>(save_snapshot());
    return report();
  }

  // The next step looks whether the journal's head is where it should be, and follows it.
  void look_at_head() { look_ = true; }

  // At shutdown: answers whoever is left, writes a snapshot of what is new.
  void finish() {
    answer_queue({Code::unavailable, "the service is stopping: try another replica", {}});
    if (held_) give_up(*held_, unsettled());
    held_.reset();
    if (able_to_decide() && projection_.revision() > snapshot_revision_)
      static_cast<void>(save_snapshot());
  }

  // Of the published state. An error is noted and changes nothing else.
  Status save_snapshot() {
    Result<SnapshotParts> parts = snapshot_parts();
    Status saved = parts ? save_parts(journal_, *parts) : Status(fail(parts.error()));
    if (saved) {
      snapshot_revision_ = parts->position.revision;
      snapshot_bytes_ = parts->bytes();
      count([](MachineStats& stats) { ++stats.snapshots; });
    } else {
      // Tried again after another interval, so that a full disk does not stall every commit.
      snapshot_revision_ = projection_.revision();
      note("machine.snapshot-failed", saved.error().message);
    }
    bytes_since_ = 0;
    return saved;
  }

  const Projection<State>& projection() const { return projection_; }
  // Where the published state stands.
  Position position() const {
    const std::optional<SnapshotHeader> at = trail_.at(projection_.revision());
    return (at ? *at : trail_.current()).position;
  }

  Result<SnapshotParts> snapshot_parts() const {
    return snapshot_parts([](typename State::Snapshot&) {});
  }
  // The same, changed before it is encoded: for followers that may not see all of it.
  template <class Change>
  Result<SnapshotParts> snapshot_parts(const Change& change) const {
    // The trail is written just before the state is published, so it knows what a reader sees; a
    // reader that is put to sleep for a thousand commits looks again.
    for (int attempt = 0; attempt < 3; ++attempt) {
      auto reader = std::make_optional(projection_.read());
      const std::optional<SnapshotHeader> header = trail_.at((*reader)->revision());
      if (!header) continue;
      typename State::Snapshot snapshot = (*reader)->snapshot();
      reader.reset();
      change(snapshot);
      return encode_snapshot_parts<Codec>(*header, snapshot);
    }
    return fail(Code::unavailable, "the state moved on too fast to take a snapshot");
  }

  Status health() const {
    std::lock_guard lock(mutex_);
    return health_;
  }
  MachineStats stats() const {
    std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  static Error unsettled() {
    return {Code::unknown,
            "the journal has not said yet whether this was written: ask again with the same token",
            {}};
  }

  struct Pending {
    Command command;
    CommandMeta meta;
    MonoMs deadline;
    Done done;  // null once answered
    int retries;
  };
  // One command of a group: either its answer, which waits for the group since it saw the group's
  // earlier commits, or the entry that will answer it.
  struct Slot {
    Pending pending;
    std::optional<Result<Committed>> answer;
    std::size_t entry = 0;
  };
  struct Group {
    std::vector<Slot> slots;
    std::vector<Entry> entries;
    std::vector<Commit<Event>> commits;
    std::size_t bytes = 0;
  };

  // machine_core_decide.hpp: from commands to answers.
  void decide(bool looked);
  Group form_group();
  void take_back(Group group);
  bool decide_next(Group& group);
  bool add_commit(Group& group, Slot& slot, std::vector<Event> events);
  void write(Group group);
  void complete(Group& group);
  void publish(Group& group);
  void tell(Entry& entry);
  void answer(Slot& slot, Result<Committed> result);
  void give_up(Group& group, const Error& error);
  void expire(MonoMs now);
  void answer_queue(const Error& error);

  // machine_core_recover.hpp: conflicts, unknown outcomes, the one recovery path.
  void decide_again(Group group);
  void hold(Group group);
  StepReport settle(MonoMs now);
  void settle_conflict();
  StepReport recover();
  Status rebuild();
  Status catch_up();
  Status catch_up(const Head& head);
  Status take(std::vector<Bytes> parts, const Head& head);
  Status fold();
  void follow_head();
  void want_rebuild(const Error& error);
  void stop_deciding(const Error& error);
  void trouble(const Error& error);
  StepReport report() const;

  // Not before as much was written as the last one held, so that a large state that changes fast is
  // not written over and over; but a start never has too many commits to read.
  bool snapshot_due() const {
    const Revision since = projection_.revision() - snapshot_revision_;
    return since >= limits_.snapshot_interval &&
           (bytes_since_ >= snapshot_bytes_ ||
            since / limits_.snapshot_stretch >= limits_.snapshot_interval);
  }
  bool able_to_decide() const { return !stopped_ && !rebuild_wanted_ && !held_; }
  void note(std::string_view event, std::string_view detail) const {
    if (note_) note_(event, detail);
  }
  template <class Change>
  void count(const Change& change) {
    std::lock_guard lock(mutex_);
    change(stats_);
  }
  void set_health(Status health) {
    std::lock_guard lock(mutex_);
    health_ = std::move(health);
  }

  Journal& journal_;
  Broadcast& broadcast_;
  const MachineLimits limits_;
  const MachineNote note_;

  Projection<State> projection_;  // its draft: the group that is being formed or written
  PositionTrail trail_;
  std::deque<Pending> queue_;
  std::optional<Group> held_;  // appended with an unknown outcome
  bool rebuild_wanted_ = false;
  bool stopped_ = false;
  bool look_ = false;
  std::int64_t conflict_pause_ms_ = 0;
  Revision snapshot_revision_ = 0;
  std::size_t snapshot_bytes_ = 0;  // of the last one
  std::size_t bytes_since_ = 0;     // of the commits after it

  mutable std::mutex mutex_;
  Status health_;
  MachineStats stats_;
};

}  // namespace millrace::statekit

#include "statekit/machine_core_decide.hpp"
#include "statekit/machine_core_recover.hpp"
