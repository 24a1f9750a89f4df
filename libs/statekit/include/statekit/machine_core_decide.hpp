// MachineCore, continued: from waiting commands to a group, one append, and the answers. Included
// by statekit/machine_core.hpp only.
#pragma once

#include "statekit/machine_core.hpp"

namespace millrace::statekit {

// An append proves that what it was decided on was the head. Answers that come without one are only
// as good as the last look at the head, and are decided again where there was none just now.
template <class Model>
void MachineCore<Model>::decide(bool looked) {
  Group group = form_group();
  if (limits_.shared && !looked && group.entries.empty()) {
    take_back(std::move(group));
    follow_head();
    if (!able_to_decide()) return;
    group = form_group();
  }
  write(std::move(group));
}

// REQUIRES: nothing of it was drafted.
template <class Model>
void MachineCore<Model>::take_back(Group group) {
  for (auto slot = group.slots.rbegin(); slot != group.slots.rend(); ++slot)
    queue_.push_front(std::move(slot->pending));
}

template <class Model>
typename MachineCore<Model>::Group MachineCore<Model>::form_group() {
  Group group;
  while (!queue_.empty() && group.slots.size() < limits_.group_commands_max &&
         group.entries.size() < limits_.group_entries_max)
    if (!decide_next(group)) break;
  return group;
}

// False when the next command has no room in this group; it is decided again in the next.
template <class Model>
bool MachineCore<Model>::decide_next(Group& group) {
  const Pending& next = queue_.front();
  Slot slot;
  Result<Decision<Event>> decision = Model::decide(projection_.drafted(), next.meta, next.command);
  if (!decision) {
    slot.answer = fail(std::move(decision.error()));
  } else if (decision->earlier) {
    slot.answer = Committed{*decision->earlier, 0, true};
  } else if (decision->events.empty()) {
    const WallMs time =
        group.commits.empty() ? trail_.current().time_ms : group.commits.back().meta.time_ms;
    slot.answer = Committed{projection_.drafted().revision(), time, false};
  } else if (!add_commit(group, slot, std::move(decision->events))) {
    return false;
  }
  slot.pending = std::move(queue_.front());
  queue_.pop_front();
  group.slots.push_back(std::move(slot));
  return true;
}

template <class Model>
bool MachineCore<Model>::add_commit(Group& group, Slot& slot, std::vector<Event> events) {
  const CommandMeta& meta = queue_.front().meta;
  const SnapshotHeader last = trail_.current();
  const WallMs previous_ms =
      group.commits.empty() ? last.time_ms : group.commits.back().meta.time_ms;
  Commit<Event> commit{{projection_.drafted().revision() + 1, std::max(meta.now_ms, previous_ms),
                        meta.principal, meta.reason},
                       std::move(events)};
  const Envelope envelope = to_envelope<Codec>(commit);
  Entry entry{commit.meta.revision, encode(envelope), {}};
  if (entry.commit.size() > std::min(entry_bytes_max, limits_.group_bytes_max)) {
    slot.answer =
        fail(Code::resource_exhausted, "this change is " + std::to_string(entry.commit.size()) +
                                           " bytes; a commit has at most " +
                                           std::to_string(entry_bytes_max) + ": split it");
    return true;
  }
  if (group.bytes + entry.commit.size() > limits_.group_bytes_max) return false;
  const Digest previous =
      group.entries.empty() ? last.position.digest : group.entries.back().digest;
  entry.digest = chain(previous, entry.revision, envelope);
  projection_.draft(commit);
  slot.entry = group.entries.size();
  group.bytes += entry.commit.size();
  group.entries.push_back(std::move(entry));
  group.commits.push_back(std::move(commit));
  return true;
}

template <class Model>
void MachineCore<Model>::write(Group group) {
  if (group.entries.empty()) return complete(group);
  const JournalResult<Revision> written =
      journal_.append(projection_.revision(), group.entries, Deadline{limits_.append_ms_max});
  if (written) return complete(group);
  if (written.error().fault == JournalFault::conflict) return decide_again(std::move(group));
  if (written.error().fault == JournalFault::unknown) return hold(std::move(group));
  const Error error = within("writing to the journal", to_error(written.error()));
  give_up(group, error);
  want_rebuild(error);
}

template <class Model>
void MachineCore<Model>::complete(Group& group) {
  if (!group.entries.empty()) publish(group);
  for (Slot& slot : group.slots) {
    if (slot.answer) {
      if (!*slot.answer) count([](MachineStats& stats) { ++stats.refused; });
      answer(slot, std::move(*slot.answer));
    } else {
      const CommitMeta& meta = group.commits[slot.entry].meta;
      answer(slot, Committed{meta.revision, meta.time_ms, false});
    }
  }
  if (!group.entries.empty()) projection_.follow(group.commits);  // nobody waits for it
}

// The trail first: whoever reads the new state finds its digest there.
template <class Model>
void MachineCore<Model>::publish(Group& group) {
  const Incarnation incarnation = trail_.current().position.incarnation;
  for (std::size_t i = 0; i < group.entries.size(); ++i) {
    const Entry& entry = group.entries[i];
    trail_.advance(
        {Position{incarnation, entry.revision, entry.digest}, group.commits[i].meta.time_ms});
  }
  projection_.show();
  for (Entry& entry : group.entries) tell(entry);
  count([](MachineStats& stats) { ++stats.groups; });
}

// To the followers.
template <class Model>
void MachineCore<Model>::tell(Entry& entry) {
  bytes_since_ += entry.commit.size();
  broadcast_.publish(
      {entry.revision, std::make_shared<const Bytes>(std::move(entry.commit)), entry.digest});
  count([](MachineStats& stats) { ++stats.commits; });
}

template <class Model>
void MachineCore<Model>::answer(Slot& slot, Result<Committed> result) {
  if (Done done = std::exchange(slot.pending.done, nullptr)) done(std::move(result));
}

// None of the group's commits exists. Refusals were decided against them and go the same way.
template <class Model>
void MachineCore<Model>::give_up(Group& group, const Error& error) {
  for (Slot& slot : group.slots) answer(slot, fail(error));
}

template <class Model>
void MachineCore<Model>::expire(MonoMs now) {
  std::erase_if(queue_, [&](Pending& pending) {
    if (pending.deadline > now) return false;
    pending.done(fail(Code::deadline_exceeded,
                      "the deadline passed before the command was decided: nothing happened"));
    return true;
  });
}

template <class Model>
void MachineCore<Model>::answer_queue(const Error& error) {
  std::deque<Pending> queue;
  queue.swap(queue_);
  for (Pending& pending : queue) pending.done(fail(error));
}

}  // namespace millrace::statekit
