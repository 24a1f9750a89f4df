// MachineCore, continued: what it does when the journal did not simply say yes. There is one way
// back to a sound state: rebuild from the journal. Included by statekit/machine_core.hpp only.
#pragma once

#include "statekit/machine_core.hpp"

namespace millrace::statekit {

// Somebody else wrote first. That is not a failure: read what they wrote, decide again.
template <class Model>
void MachineCore<Model>::decide_again(Group group) {
  count([](MachineStats& stats) { ++stats.conflicts; });
  if (const Status caught = catch_up(); !caught) {
    give_up(group, caught.error());
    return trouble(caught.error());
  }
  int retries = 0;
  for (auto slot = group.slots.rbegin(); slot != group.slots.rend(); ++slot) {
    Pending& pending = slot->pending;
    if (!pending.done) continue;
    if (++pending.retries > limits_.conflict_retries_max) {
      answer(*slot, fail(Code::aborted, "other replicas kept writing first (" +
                                            std::to_string(limits_.conflict_retries_max) +
                                            " retries): try again"));
      continue;
    }
    retries = std::max(retries, pending.retries);
    queue_.push_front(std::move(pending));
  }
  conflict_pause_ms_ = retries > 1 ? std::int64_t{1} << std::min(retries - 2, 5) : 0;
}

template <class Model>
void MachineCore<Model>::hold(Group group) {
  count([](MachineStats& stats) { ++stats.unknowns; });
  held_ = std::move(group);
  const Error error{Code::unavailable,
                    "the journal has not said whether the last write happened: try again later",
                    {}};
  set_health(fail(error));
  note("machine.append-unknown", "after revision " + std::to_string(projection_.revision()));
  answer_queue(error);
}

// The same bytes at the same place, until the journal says yes or Conflict.
template <class Model>
StepReport MachineCore<Model>::settle(MonoMs now) {
  for (Slot& slot : held_->slots)
    if (slot.pending.deadline <= now) answer(slot, fail(unsettled()));
  const JournalResult<Revision> written =
      journal_.append(projection_.revision(), held_->entries, Deadline{limits_.append_ms_max});
  if (written) {
    Group group = std::move(*held_);
    held_.reset();
    set_health({});
    note("machine.append-settled", "it was written");
    complete(group);
  } else if (written.error().fault == JournalFault::conflict) {
    settle_conflict();
  } else if (written.error().fault != JournalFault::unknown &&
             written.error().fault != JournalFault::unavailable) {
    Group group = std::move(*held_);
    held_.reset();
    give_up(group, unsettled());
    want_rebuild(to_error(written.error()));
  }
  return report();
}

// The place is taken: by this very group, which was atomic, or by somebody else's commit, and then
// the group can never be written any more. Another replica's commit may be the same to the octet as
// the group's first (two clockworks find the same thing due at the same moment): all are compared.
template <class Model>
void MachineCore<Model>::settle_conflict() {
  const std::vector<Entry>& sent = held_->entries;
  const auto there = journal_.read(projection_.revision(), sent.size(), entry_bytes_max);
  if (!there && there.error().fault == JournalFault::unavailable) return;
  if (there && there->empty()) return;
  const bool ours = there && *there == sent;
  Group group = std::move(*held_);
  held_.reset();
  if (!there) {
    give_up(group, unsettled());
    return want_rebuild(to_error(there.error()));
  }
  set_health({});
  note("machine.append-settled", ours ? "it was written" : "it was not written");
  if (!ours) return decide_again(std::move(group));
  complete(group);
  look_ = true;
}

template <class Model>
StepReport MachineCore<Model>::recover() {
  if (stopped_) {
    answer_queue(health().error());
    return report();
  }
  if (const Status rebuilt = rebuild(); !rebuilt) {
    trouble(rebuilt.error());
    return report();
  }
  rebuild_wanted_ = false;
  set_health({});
  note("machine.rebuilt", "at revision " + std::to_string(projection_.revision()));
  count([](MachineStats& stats) { ++stats.rebuilds; });
  return {true, 0};
}

// Throws the draft away. What was published stays and is only ever added to.
template <class Model>
Status MachineCore<Model>::rebuild() {
  const JournalResult<Head> head = journal_.head();
  if (!head) return fail(to_error(head.error()));
  if (Status same = check_same_history(journal_, *head, trail_.current().position); !same)
    return same;
  Result<std::optional<std::vector<Bytes>>> parts = read_snapshot(journal_, head->last);
  if (!parts) return fail(std::move(parts.error()));
  if (*parts)
    if (Status taken = take(std::move(**parts), *head); !taken) return taken;
  return fold();
}

// A snapshot, where it is newer than what is published.
template <class Model>
Status MachineCore<Model>::take(std::vector<Bytes> parts, const Head& head) {
  const std::size_t bytes = bytes_of(parts);
  auto decoded = decode_snapshot_parts<Codec>(std::move(parts));
  if (!decoded) return fail(std::move(decoded.error()));
  SnapshotHeader at = std::move(decoded->header);
  at.position.incarnation = head.incarnation;  // a restore from backup renews it
  snapshot_revision_ = std::max(snapshot_revision_, at.position.revision);
  snapshot_bytes_ = bytes;
  if (at.position.revision <= projection_.revision()) return {};
  bytes_since_ = 0;
  trail_.reset(at);
  projection_.restore(decoded->snapshot);
  broadcast_.reset(at.position);
  return {};
}

// From the published state to the journal's head.
template <class Model>
Status MachineCore<Model>::catch_up() {
  const JournalResult<Head> head = journal_.head();
  return head ? catch_up(*head) : Status(fail(to_error(head.error())));
}

template <class Model>
Status MachineCore<Model>::catch_up(const Head& head) {
  const SnapshotHeader at = trail_.current();
  if (Status same = check_same_history(journal_, head, at.position); !same) return same;
  if (head.first > at.position.revision + 1) return rebuild();
  return fold();
}

// Drops the draft, and publishes all that the journal holds past what is published.
template <class Model>
Status MachineCore<Model>::fold() {
  projection_.discard();
  SnapshotHeader at = trail_.current();
  for (;;) {
    auto entries =
        journal_.read(at.position.revision, limits_.read_entries_max, limits_.read_bytes_max);
    if (!entries) return fail(to_error(entries.error()));
    if (entries->empty()) return {};
    for (Entry& entry : *entries) {
      if (Status linked = check_chain(at.position, entry); !linked) return linked;
      Result<Envelope> envelope = decode_envelope(entry.commit);
      if (!envelope) return fail(std::move(envelope.error()));
      const Result<Commit<Event>> commit = from_envelope<Codec>(entry.revision, *envelope);
      if (!commit) return fail(commit.error());
      at.position.revision = entry.revision;
      at.position.digest = entry.digest;
      at.time_ms = commit->meta.time_ms;
      trail_.advance(at);
      projection_.apply(*commit);
      tell(entry);
    }
  }
}

template <class Model>
void MachineCore<Model>::follow_head() {
  const JournalResult<Head> head = journal_.head();
  if (!head) return trouble(to_error(head.error()));
  const Position known = trail_.current().position;
  const bool still = head->incarnation == known.incarnation && head->last == known.revision &&
                     head->digest == known.digest;
  if (still) return;
  if (const Status caught = catch_up(*head); !caught) trouble(caught.error());
}

template <class Model>
void MachineCore<Model>::want_rebuild(const Error& error) {
  if (!rebuild_wanted_) note("machine.trouble", error.message);
  rebuild_wanted_ = true;
  const Error unavailable{Code::unavailable, error.message, error.details};
  set_health(fail(unavailable));
  answer_queue(unavailable);
}

template <class Model>
void MachineCore<Model>::stop_deciding(const Error& error) {
  stopped_ = true;
  const Error refusal{Code::failed_precondition,
                      "this replica decides nothing any more: " + error.message, error.details};
  set_health(fail(refusal));
  note("machine.stopped", error.message);
  answer_queue(refusal);
}

template <class Model>
void MachineCore<Model>::trouble(const Error& error) {
  if (is_fatal(error)) return stop_deciding(error);
  want_rebuild(error);
}

template <class Model>
StepReport MachineCore<Model>::report() const {
  if (stopped_) return {};
  if (held_) return {true, limits_.settle_pause_ms};
  if (rebuild_wanted_) return {true, limits_.recover_pause_ms};
  return {!queue_.empty(), conflict_pause_ms_};
}

}  // namespace millrace::statekit
