#include "services/schema/workspace/journals.hpp"

#include <utility>

#include "services/schema/workspace/refusal.hpp"

namespace millrace::workspace {

using statekit::Code;
using statekit::fail;
using statekit::JournalOptions;
using statekit::Result;
using statekit::Status;

namespace {

constexpr int attempts_max = 4;  // to make one whose workspace is deleted at the same time

}  // namespace

std::shared_ptr<HeldJournal> Journals::kept(Revision id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return nullptr;
  found->second.last = ++uses_;
  return found->second.held;
}

void Journals::forget(Revision id) {
  std::shared_ptr<HeldJournal> closed;  // outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  closed = std::move(found->second.held);
  open_.erase(found);
}

// Closes the one that was longest unused where too many are open.
void Journals::keep(const std::shared_ptr<HeldJournal>& held) {
  std::shared_ptr<HeldJournal> closed;  // outside the lock
  const std::lock_guard lock(mutex_);
  open_[held->id()] = {held, ++uses_};
  if (open_.size() <= limits_.open_max) return;
  auto oldest = open_.end();
  for (auto each = open_.begin(); each != open_.end(); ++each)
    if (each->second.held.use_count() == 1 &&
        (oldest == open_.end() || each->second.last < oldest->second.last))
      oldest = each;
  if (oldest == open_.end()) return;
  closed = std::move(oldest->second.held);
  open_.erase(oldest);
}

// Null: there is none, and none was to be made.
Result<std::shared_ptr<HeldJournal>> Journals::open(const std::string& name, Revision id,
                                                    const JournalOptions& options) {
  const std::lock_guard opening(opening_);
  if (auto held = kept(id)) return held;
  std::shared_ptr<HeldJournal> held;
  const std::string file = journal_name(id);
  const Status opened = keeper_.while_named(name, id, [&]() -> Status {
    if (!options.create && shelf_.has(file) == false) return {};
    auto journal = shelf_.journal(file);
    if (!journal) return fail(std::move(journal.error()));
    auto head = (*journal)->open(options);
    bool filling = options.fill;
    if (!head && head.error().fault == statekit::JournalFault::half_filled) {
      // It is for whoever fills it, which each request says.
      JournalOptions half{options.incarnation_if_new, false};
      half.fill = filling = true;
      journal = shelf_.journal(file);
      if (!journal) return fail(std::move(journal.error()));
      head = (*journal)->open(half);
    }
    if (!head) {
      const bool missing = !options.create && !shelf_.has(file) &&
                           head.error().fault == statekit::JournalFault::unavailable;
      if (missing) return {};
      return fail(within("opening the workspace's journal", to_error(head.error())));
    }
    held = std::make_shared<HeldJournal>(id, std::move(*journal), limits_.quota_bytes_max, filling);
    return {};
  });
  if (!opened) return fail(opened.error());
  if (held) keep(held);
  return held;
}

Result<std::shared_ptr<HeldJournal>> Journals::find(const std::string& name) {
  const auto id = keeper_.id_of(name, false);
  if (!id) return fail(id.error());
  if (*id == 0) return std::shared_ptr<HeldJournal>();
  auto held = open(name, *id, {{}, false});
  if (!held && refusal_of(held.error()) == Refusal::sealed) return std::shared_ptr<HeldJournal>();
  return held;
}

Result<Journals::Made> Journals::make(const std::string& name,
                                      const statekit::Incarnation& incarnation, bool fill) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    auto found = find(name);
    if (!found) return fail(std::move(found.error()));
    if (*found && (!fill || (*found)->filling())) return Made{std::move(*found), false};
    if (*found) {
      // Nobody who has it open may go on as if it were whole.
      const Revision known = (*found)->id();
      found->reset();
      forget(known);
    }
    const auto id = keeper_.id_of(name, true);
    if (!id) return fail(id.error());
    JournalOptions options{incarnation, true};
    options.fill = fill;
    auto held = open(name, *id, options);
    if (held) {
      const auto head = (*held)->journal().head();
      if (!head) return fail(to_error(head.error()));
      return Made{std::move(*held), head->incarnation == incarnation && head->last == 0};
    }
    if (refusal_of(held.error()) != Refusal::sealed) return fail(std::move(held.error()));
  }
  return fail(Code::aborted, "the workspace is deleted and made again all the time");
}

}  // namespace millrace::workspace
