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
  // `shared`: others run on the same store.
  Replica(std::shared_ptr<journal::MemoryStore> store, std::shared_ptr<journal::Faults> faults,
          bool shared);

  // False while the journal cannot be opened.
  bool start();
  Core& core() const { return *core_; }
  statekit::FeedHub& hub() const { return *hub_; }
  statekit::Journal& journal() { return *journal_; }
  schema_service::Leases& leases() { return leases_; }
  // Sends what the clockwork finds due, if it is for this replica to act; else it only watches.
  void tick(statekit::MonoMs now, statekit::WallMs wall,
            const std::vector<schema_service::FollowerFact>& facts, bool acts);

 private:
  std::unique_ptr<statekit::Journal> journal_;
  statekit::Broadcast broadcast_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<statekit::FeedHub> hub_;
  schema_service::Rollout rollout_;
  schema_service::Leases leases_;
};

}  // namespace millrace::sim
