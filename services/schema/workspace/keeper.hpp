// The keeper of workspaces: finds, opens and closes their journals, runs commands on them one after
// the other, and reads bodies back. Called by the service on its workers; every call blocks on
// storage. Thread safe. Times in milliseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "services/schema/workspace/catalogue.hpp"
#include "services/schema/workspace/commands.hpp"
#include "services/schema/workspace/shelf.hpp"
#include "services/schema/workspace/state.hpp"
#include "statekit/clock.hpp"
#include "statekit/machine_parts.hpp"

namespace millrace::workspace {

// For how long this process has seen the lock that is held now. So a lock's time to live is counted
// on a clock that never jumps, from when this process first saw it: late, never early.
struct LockWatch {
  Revision revision = 0;  // 0: no lock that ends by itself
  MonoMs since = 0;

  std::int64_t see(const std::optional<Lock>& lock, MonoMs now) {
    const Revision held = lock && lock->ttl_ms > 0 ? lock->revision : 0;
    if (held != revision) {
      revision = held;
      since = now;
    }
    return held == 0 ? 0 : now - since;
  }
};

struct KeeperLimits {
  Rules rules;
  std::size_t workspaces_max = 1'000;
  std::size_t open_max = 64;  // journals held open while nobody uses them
  std::int64_t write_ms_max = 10'000;
};

// A workspace as it is at one revision.
struct View {
  Revision id = 0;  // 0: there is none of that name, and the rest is empty
  WallMs now_ms = 0;
  WorkspaceSnapshot state;
  // How long this process has seen the lock, where it has a time to live.
  std::int64_t lock_seen_ms = 0;

  const Version* current() const;
  const Version* version(std::uint64_t number) const;
};

struct Reading {
  View view;
  std::optional<Version> version;  // none: there is no such version, or it has no body
  Bytes body;
};

// What became of a command, and the workspace after it. With a refusal: the workspace that refused.
struct Outcome {
  statekit::Result<statekit::Committed> result;
  View view;
};

class Keeper {
 public:
  // All outlive the keeper.
  Keeper(Shelf& shelf, const statekit::Clock& clock, KeeperLimits limits,
         statekit::MachineNote note);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Linearizable, as all that follows.
  statekit::Result<View> look(const std::string& name);
  // With the body of that version, or of the newest where none is named. DataLoss when it is not
  // what was written.
  statekit::Result<Reading> read(const std::string& name, std::optional<std::uint64_t> number);
  // `create`: the workspace is made when there is none; else it is left so, and the view says it.
  Outcome act(const std::string& name, Act act, const std::string& author, bool create);
  // Puts a body, in parts where it is large.
  Outcome write(const std::string& name, Guard guard, Bytes body, const std::string& author);
  // Deletes the workspace with all that it holds. NotFound when there is none.
  Outcome remove(const std::string& name, bool force, const std::string& author);
  statekit::Result<std::map<std::string, CatalogueEntry>> names();

  // The id of the workspace of that name; 0: there is none, and none was to be made.
  statekit::Result<Revision> id_of(const std::string& name, bool create) {
    return find(name, create);
  }
  // Runs `use` while the catalogue still gives that name this id, and nobody can change it; else
  // the refusal `sealed`. For what is opened on the shelf beside the workspace's own journal.
  statekit::Status while_named(const std::string& name, Revision id,
                               const std::function<statekit::Status()>& use);

 private:
  struct Place;  // one workspace's journal and its lock, keeper.cpp
  struct Desk;   // the catalogue's
  using Use = std::function<Outcome(Place& place)>;

  statekit::Result<Revision> find(const std::string& name, bool create);
  std::shared_ptr<Place> place_of(Revision id);
  statekit::Result<Bytes> body(Place& place, const Version& version);
  void leave(std::shared_ptr<Place> place);
  Outcome with(const std::string& name, bool create, const Use& use);
  Outcome run(Place& place, Act act, const std::string& author);
  Outcome write_parts(Place& place, Write command, const std::string& author);
  statekit::Status open(Place& place, const std::string& name);
  Command command_for(const View& view, Act act) const;
  View view_of(Place& place);
  void tidy(Place& place);
  statekit::Status drop(const std::string& name, Revision id);
  statekit::Status open_desk();
  statekit::CommandMeta meta(const std::string& author) const;

  Shelf& shelf_;
  const statekit::Clock& clock_;
  const KeeperLimits limits_;
  const statekit::MachineNote note_;

  std::mutex mutex_;  // of what follows; never held while storage is read or written, but to close
  std::map<Revision, std::shared_ptr<Place>> places_;
  std::map<Revision, LockWatch> watches_;  // of those that are closed
  std::uint64_t uses_ = 0;
  const std::unique_ptr<Desk> desk_;
};

}  // namespace millrace::workspace
