// The whole system in one thread from one seed: one to three schema services on one journal, which
// crash and whose journal fails, followers on links that break and that move from one service to
// another, clients that ask for anything. After each step everything
// that can be seen is held against the notebook. Test support.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/ingress/state.hpp"
#include "services/routing/state.hpp"
#include "sim/client.hpp"
#include "sim/dice.hpp"
#include "sim/follower.hpp"
#include "sim/notebook.hpp"
#include "sim/replica.hpp"

namespace millrace::sim {

class World {
 public:
  explicit World(std::uint64_t seed);

  // Trouble of all kinds for so many steps, then none until everything is quiet. The first fault
  // found, or an empty text.
  std::string live(std::size_t steps);
  statekit::Revision revision() const { return book_.revision; }

 private:
  void step();
  void trouble();
  journal::AppendFault append_fault();
  void start_replica(std::size_t which);
  void crash_replica(std::size_t which);
  void run_replicas();
  // One that lives; null when none does.
  Replica* some_replica();
  std::vector<schema_service::FollowerFact> follower_facts() const;
  void move(std::size_t follower);
  void read_journal();
  std::string look();
  std::string look_at_followers();
  template <class State>
  std::string look_at(const std::vector<std::shared_ptr<FollowerOf<State>>>& followers) const;
  std::string look_at_replica(const Replica& replica) const;
  std::string settle();
  bool quiet() const;

  Dice dice_;
  statekit::MonoMs now_ = 1'000;
  statekit::WallMs wall_ = 1'700'000'000'000;
  std::shared_ptr<journal::MemoryStore> store_ = journal::make_memory_store();
  std::shared_ptr<journal::Faults> faults_ = std::make_shared<journal::Faults>();
  std::unique_ptr<statekit::Journal> reader_;
  std::vector<std::unique_ptr<Replica>> replicas_;  // null: it is down
  std::vector<std::shared_ptr<FollowerOf<routing::RouteState>>> routers_;
  std::vector<std::shared_ptr<FollowerOf<ingress::IngressState>>> edges_;
  std::vector<std::shared_ptr<FollowerOf<schema_service::State>>> mirrors_;
  std::vector<std::shared_ptr<Follower>> followers_;  // all of them
  std::vector<std::size_t> at_;                       // the replica that each follows
  Clients clients_;
  Notebook book_;
  std::vector<std::shared_ptr<const Notebook>> pages_;  // as it was at each revision
};

}  // namespace millrace::sim
