// The schema service as the simulation runs it: the same MachineCore, FeedHub, Rollout and Leases,
// in one thread, over a store that outlives a crash. Test support.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/memory.hpp"
#include "schema/change_codec.hpp"
#include "services/schema/decide.hpp"
#include "services/schema/leases.hpp"
#include "services/schema/rollout.hpp"
#include "statekit/feed_hub.hpp"
#include "statekit/machine_core.hpp"

namespace millrace::sim {

struct SchemaModel {
  using State = schema_service::State;
  using Command = schema_service::Command;
  using Codec = schema::ChangeCodec;
  static statekit::Result<schema_service::Decision> decide(const State& state,
                                                           const statekit::CommandMeta& meta,
                                                           const Command& command) {
    return schema_service::decide(state, meta, command);
  }
};

using Core = statekit::MachineCore<SchemaModel>;

class Replica {
 public:
  Replica(std::shared_ptr<journal::MemoryStore> store, std::shared_ptr<journal::Faults> faults);

  // False while the journal cannot be opened.
  bool start();
  Core& core() { return *core_; }
  statekit::FeedHub& hub() { return *hub_; }
  statekit::Journal& journal() { return *journal_; }
  schema_service::Leases& leases() { return leases_; }
  // Sends what the clockwork finds due.
  void tick(statekit::MonoMs now, statekit::WallMs wall);

 private:
  std::unique_ptr<statekit::Journal> journal_;
  statekit::Broadcast broadcast_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<statekit::FeedHub> hub_;
  schema_service::Rollout rollout_;
  schema_service::Leases leases_;
};

}  // namespace millrace::sim
