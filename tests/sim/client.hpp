// The simulated clients: they deploy, commit, roll back, start and stop processes, repeat
// themselves with the same token, and remember what they were told, so that it can be held against
// the notebook. Test support; one thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/dice.hpp"
#include "sim/notebook.hpp"
#include "sim/replica.hpp"

namespace millrace::sim {

class Clients {
 public:
  // One random request.
  void act(Replica& replica, const Notebook& book, Dice& dice, statekit::MonoMs now,
           statekit::WallMs wall);
  // The processes that live renew their leases and register where they are not.
  void heartbeat(Replica& replica, Dice& dice, statekit::MonoMs now, statekit::WallMs wall);
  // The schema service is gone: whoever waits will never know.
  void server_gone();
  // What was told against what is written; an empty text when all is well.
  std::string judge(const Notebook& book) const;

 private:
  struct Request {
    schema_service::Command command;
    statekit::CommandMeta meta;
    std::vector<statekit::Result<statekit::Committed>> answers;
    bool lost = false;  // at least one try was never answered, or with `unknown`
  };
  struct Process {
    std::string deployment;
    std::string instance;
    std::string address;
  };

  void send(Replica& replica, const std::shared_ptr<Request>& request, statekit::MonoMs now);
  void ask(Replica& replica, schema_service::Command command, Dice& dice, statekit::MonoMs now,
           statekit::WallMs wall);
  void repeat(Replica& replica, Dice& dice, statekit::MonoMs now);
  static void change_health(Replica& replica, Dice& dice, statekit::MonoMs now,
                            statekit::WallMs wall);
  schema_service::Command create(Dice& dice) const;
  static schema_service::Command configure(Replica& replica, Dice& dice);
  schema_service::Command back(Replica& replica, Dice& dice);
  static schema_service::RollbackTo canonical_of(const schema_service::State& state, Dice& dice);
  void start_process(const Notebook& book, Dice& dice);
  static std::string some_changeset(const Notebook& book, Dice& dice);
  static std::string judge(const Request& request, const Notebook& book);

  std::vector<std::shared_ptr<Request>> requests_;
  std::deque<Process> processes_;
  std::vector<std::shared_ptr<Request>> waiting_;
  std::vector<schema_service::RollbackTo> seen_;  // what was canonical at some time
  std::uint64_t tokens_ = 0;
};

}  // namespace millrace::sim
