#include "services/schema/workspace/keeper.hpp"

#include <algorithm>
#include <utility>

#include "services/schema/workspace/codec.hpp"
#include "services/schema/workspace/decide.hpp"
#include "services/schema/workspace/refusal.hpp"
#include "services/schema/workspace/room.hpp"
#include "statekit/envelope.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::workspace {

using statekit::Code;
using statekit::Committed;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr Revision snapshot_interval = 64;
constexpr int attempts_max = 4;  // to find a workspace that is deleted and made at the same time

struct WorkspaceModel {
  using State = WorkspaceState;
  using Command = workspace::Command;
  using Codec = WorkspaceCodec;
  static auto decide(const State& state, const statekit::CommandMeta& meta,
                     const Command& command) {
    return workspace::decide(state, meta, command);
  }
};

struct CatalogueModel {
  using State = CatalogueState;
  using Command = CatalogueCommand;
  using Codec = CatalogueCodec;
  static auto decide(const State& state, const statekit::CommandMeta& meta,
                     const Command& command) {
    return workspace::decide(state, meta, command);
  }
};

statekit::MachineLimits machine_limits(bool shared) {
  statekit::MachineLimits limits;
  limits.shared = shared;
  limits.snapshot_interval = snapshot_interval;
  return limits;
}

Outcome failed(statekit::Error error) { return {fail(std::move(error)), {}}; }

}  // namespace

struct Keeper::Place {
  explicit Place(Revision of) : id(of) {}
  const Revision id;
  std::mutex mutex;
  std::unique_ptr<Room<WorkspaceModel>> room;
  LockWatch watch;
  std::uint64_t snapshots = 0;  // that were seen, to compact after each
  std::uint64_t last_use = 0;   // under the keeper's lock
};

struct Keeper::Desk {
  std::mutex mutex;
  std::unique_ptr<Room<CatalogueModel>> room;
};

const Version* View::version(std::uint64_t number) const {
  for (const Version& each : state.versions)
    if (each.number == number) return &each;
  return nullptr;
}

const Version* View::current() const {
  return state.versions.empty() || state.versions.back().removed ? nullptr : &state.versions.back();
}

Keeper::Keeper(Shelf& shelf, const statekit::Clock& clock, KeeperLimits limits,
               statekit::MachineNote note)
    : shelf_(shelf),
      clock_(clock),
      limits_(limits),
      note_(std::move(note)),
      desk_(std::make_unique<Desk>()) {}

Keeper::~Keeper() = default;

statekit::CommandMeta Keeper::meta(const std::string& author) const {
  statekit::CommandMeta meta;
  meta.principal = author;
  meta.now_ms = clock_.wall_ms();
  return meta;
}

// REQUIRES: desk_->mutex is held. Opened at the first need, and again after it could not be.
Status Keeper::open_desk() {
  if (desk_->room) return {};
  auto journal = shelf_.journal("catalogue");
  if (!journal) return fail(std::move(journal.error()));
  auto room = std::make_unique<Room<CatalogueModel>>(std::move(*journal), clock_,
                                                     machine_limits(shelf_.shared()), note_);
  if (Status started = room->start({statekit::random_incarnation(), true}); !started)
    return fail(within("opening the catalogue of workspaces", std::move(started.error())));
  desk_->room = std::move(room);
  return {};
}

// REQUIRES: place.mutex is held. With the catalogue's lock: a journal that was discarded since its
// id was looked up must not be made again, since nobody would find what is written to it.
Status Keeper::open(Place& place, const std::string& name) {
  if (place.room) return {};
  const std::lock_guard lock(desk_->mutex);
  if (desk_->room->read()->id_of(name) != place.id)
    return refuse(Refusal::sealed, "the workspace was deleted");
  auto journal = shelf_.journal(std::to_string(place.id));
  if (!journal) return fail(std::move(journal.error()));
  auto room = std::make_unique<Room<WorkspaceModel>>(std::move(*journal), clock_,
                                                     machine_limits(shelf_.shared()), note_);
  if (Status started = room->start({statekit::random_incarnation(), true}); !started)
    return fail(within("opening the workspace's journal", std::move(started.error())));
  place.room = std::move(room);
  return {};
}

Status Keeper::while_named(const std::string& name, Revision id,
                           const std::function<Status()>& use) {
  const std::lock_guard lock(desk_->mutex);
  if (Status opened = open_desk(); !opened) return opened;
  if (desk_->room->read()->id_of(name) != id)
    return refuse(Refusal::sealed, "the workspace was deleted");
  return use();
}

Result<std::map<std::string, CatalogueEntry>> Keeper::names() {
  const std::lock_guard lock(desk_->mutex);
  if (Status opened = open_desk(); !opened) return fail(std::move(opened.error()));
  if (Status fresh = desk_->room->refresh(); !fresh) return fail(std::move(fresh.error()));
  return desk_->room->read()->names();
}

// The id of a workspace; 0: there is none, and none was to be made.
Result<Revision> Keeper::find(const std::string& name, bool create) {
  const std::lock_guard lock(desk_->mutex);
  if (Status opened = open_desk(); !opened) return fail(std::move(opened.error()));
  if (Status fresh = desk_->room->refresh(); !fresh) return fail(std::move(fresh.error()));
  Revision id = desk_->room->read()->id_of(name);
  if (id != 0 || !create) return id;
  const auto entered = desk_->room->run(EnterName{name, limits_.workspaces_max}, meta("keeper"),
                                        limits_.write_ms_max);
  if (!entered) return fail(entered.error());
  id = desk_->room->read()->id_of(name);
  if (id == 0) return fail(Code::aborted, "the workspace was deleted while it was made: try again");
  return id;
}

Status Keeper::drop(const std::string& name, Revision id) {
  const std::lock_guard lock(desk_->mutex);
  if (Status opened = open_desk(); !opened) return opened;
  const auto dropped = desk_->room->run(DropName{name, id}, meta("keeper"), limits_.write_ms_max);
  if (!dropped) return fail(dropped.error());
  shelf_.discard(journal_name(id));
  const std::lock_guard places(mutex_);
  watches_.erase(id);
  const auto place = places_.find(id);
  // Whoever still has it comes here too. One that was closed meanwhile nobody can open any more.
  if (place != places_.end() && place->second.use_count() > 1) return {};
  if (place != places_.end()) places_.erase(place);
  shelf_.discard(std::to_string(id));
  return {};
}

// Whoever has one keeps it open; `leave` gives it back.
std::shared_ptr<Keeper::Place> Keeper::place_of(Revision id) {
  const std::lock_guard lock(mutex_);
  auto& entry = places_[id];
  if (!entry) {
    entry = std::make_shared<Place>(id);
    if (const auto seen = watches_.extract(id)) entry->watch = seen.mapped();
  }
  entry->last_use = ++uses_;
  return entry;
}

// Closes the one that was longest unused where too many are open.
void Keeper::leave(std::shared_ptr<Place> place) {
  const std::lock_guard lock(mutex_);
  place.reset();
  if (places_.size() <= limits_.open_max) return;
  auto oldest = places_.end();
  for (auto each = places_.begin(); each != places_.end(); ++each)
    if (each->second.use_count() == 1 &&
        (oldest == places_.end() || each->second->last_use < oldest->second->last_use))
      oldest = each;
  if (oldest == places_.end()) return;
  // A lock that is watched is watched on: else those of a busy server would never end.
  if (oldest->second->watch.revision != 0) watches_[oldest->first] = oldest->second->watch;
  places_.erase(oldest);
}

// REQUIRES: place.mutex is held.
View Keeper::view_of(Place& place) {
  View view{place.id, clock_.wall_ms(), place.room->read()->snapshot(), 0};
  view.lock_seen_ms = place.watch.see(view.state.lock, clock_.mono_ms());
  return view;
}

// Runs `use` on the workspace of that name, with its lock held, when it is not a deleted one.
Outcome Keeper::with(const std::string& name, bool create, const Use& use) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const auto id = find(name, create);
    if (!id) return failed(id.error());
    if (*id == 0) return {Committed{}, {}};
    auto place = place_of(*id);
    Outcome outcome{Committed{}, {}};
    {
      const std::lock_guard lock(place->mutex);
      Status able = open(*place, name);
      if (able) able = place->room->refresh();
      if (able) {
        outcome = use(*place);
        tidy(*place);
      } else {
        outcome = failed(std::move(able.error()));
      }
    }
    leave(std::move(place));
    const bool gone = !outcome.result && refusal_of(outcome.result.error()) == Refusal::sealed;
    if (!gone && !outcome.view.state.sealed) return outcome;
    // Deleted, but maybe still in the catalogue: whoever deleted it did not get so far.
    if (Status dropped = drop(name, *id); !dropped) return failed(std::move(dropped.error()));
  }
  return failed({Code::aborted, "the workspace is deleted and made again all the time", {}});
}

Command Keeper::command_for(const View& view, Act act) const {
  Command command{std::move(act), 0, view.id, limits_.rules};
  const auto& lock = view.state.lock;
  if (lock && lock->ttl_ms > 0 && view.lock_seen_ms >= lock->ttl_ms)
    command.lapsed = lock->revision;
  return command;
}

Outcome Keeper::run(Place& place, Act act, const std::string& author) {
  Command command = command_for(view_of(place), std::move(act));
  auto result = place.room->run(std::move(command), meta(author), limits_.write_ms_max);
  return {std::move(result), view_of(place)};
}

Result<View> Keeper::look(const std::string& name) {
  Outcome outcome = with(name, false, [this](Place& place) {
    return Outcome{Committed{}, view_of(place)};
  });
  if (!outcome.result) return fail(std::move(outcome.result.error()));
  return std::move(outcome.view);
}

Outcome Keeper::act(const std::string& name, Act act, const std::string& author, bool create) {
  return with(name, create, [&](Place& place) { return run(place, act, author); });
}

Outcome Keeper::write(const std::string& name, Guard guard, Bytes body, const std::string& author) {
  // Neither a version nor a lock that must be there is made by asking for it.
  const bool create = !guard.match && !guard.match_any && guard.lock_id.empty();
  Write command{std::move(guard), {}, {}, body.size(), statekit::sha256(body)};
  command.body = std::move(body);
  return with(name, create, [&](Place& place) {
    if (command.body.size() <= part_bytes_max) return run(place, command, author);
    return write_parts(place, command, author);
  });
}

// The parts mean nothing until the last commit names them, so one that is refused or interrupted
// leaves the workspace as it was.
Outcome Keeper::write_parts(Place& place, Write command, const std::string& author) {
  const View before = view_of(place);
  const Bytes body = std::move(command.body);
  command.body.clear();
  command.upload = statekit::random_hex(8);
  const Status admitted = admits(*place.room->read(), command_for(before, Remove{}), command);
  if (!admitted) return {fail(admitted.error()), before};
  const bool same = is_current(*place.room->read(), command.octets, command.sha256);
  for (std::size_t at = 0, index = 0; !same && at < body.size(); at += part_bytes_max, ++index) {
    Outcome stored = run(place,
                         StorePart{command.upload, static_cast<std::uint32_t>(index),
                                   body.substr(at, part_bytes_max)},
                         author);
    if (!stored.result) return stored;
  }
  return run(place, std::move(command), author);
}

Result<Reading> Keeper::read(const std::string& name, std::optional<std::uint64_t> number) {
  Reading reading;
  Outcome outcome = with(name, false, [&](Place& place) {
    View view = view_of(place);
    const Version* version = number ? view.version(*number) : view.current();
    if (version == nullptr || version->removed) return Outcome{Committed{}, std::move(view)};
    reading.version = *version;
    auto octets = body(place, *version);
    if (!octets) return Outcome{fail(std::move(octets.error())), std::move(view)};
    reading.body = std::move(*octets);
    return Outcome{Committed{}, std::move(view)};
  });
  if (!outcome.result) return fail(std::move(outcome.result.error()));
  reading.view = std::move(outcome.view);
  return reading;
}

// REQUIRES: place.mutex is held.
Result<Bytes> Keeper::body(Place& place, const Version& version) {
  Bytes whole;
  whole.reserve(version.octets);
  for (const Part& part : version.parts) {
    const auto entries =
        place.room->journal().read(part.revision - 1, 1, statekit::entry_bytes_max);
    if (!entries) return fail(statekit::to_error(entries.error()));
    if (entries->empty()) return fail(Code::data_loss, "a part of the state is not in its journal");
    const auto envelope = statekit::decode_envelope(entries->front().commit);
    if (!envelope) return fail(envelope.error());
    for (const auto& slot : envelope->events) {
      const auto event = WorkspaceCodec::decode_event(slot.bytes);
      if (!event) return fail(event.error());
      if (const auto* stored = std::get_if<PartStored>(&*event)) whole += stored->body;
      if (const auto* written = std::get_if<Written>(&*event)) whole += written->body;
    }
  }
  if (whole.size() != version.octets || statekit::sha256(whole) != version.sha256)
    return fail(Code::data_loss, "version " + std::to_string(version.number) +
                                     " is not what was written: restore a backup");
  return whole;
}

// After each snapshot: entries that no kept version needs go. What cannot go now goes next time.
void Keeper::tidy(Place& place) {
  const std::uint64_t snapshots = place.room->stats().snapshots;
  if (snapshots == std::exchange(place.snapshots, snapshots)) return;
  const Revision unneeded = place.room->read()->unneeded();
  if (unneeded > 0) static_cast<void>(place.room->journal().compact(unneeded));
}

Outcome Keeper::remove(const std::string& name, bool force, const std::string& author) {
  Revision id = 0;
  Outcome sealed = with(name, false, [&](Place& place) {
    Outcome outcome = run(place, Seal{force}, author);
    id = place.id;
    if (!outcome.result) return outcome;
    if (place.room->save_snapshot())
      static_cast<void>(place.room->journal().compact(outcome.view.state.revision));
    outcome.view.state.sealed = false;  // it is dropped below; `with` need not do it
    return outcome;
  });
  if (!sealed.result) return sealed;
  if (id == 0) return failed({Code::not_found, "there is no workspace '" + name + "'", {}});
  if (Status dropped = drop(name, id); !dropped) return failed(std::move(dropped.error()));
  return sealed;
}

}  // namespace millrace::workspace
