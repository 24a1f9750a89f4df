// Contexts: one for each GetDeploymentContext stream. Each deployment that asks is given its config
// values at once, and again after each change that concerns it. Free of any transport:
// context_reactor.cpp carries the answers. Thread safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/schema/config_view.hpp"
#include "services/schema/model.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::schema_service {

// Where answers go. Called under the lock of Contexts: must not block nor call back. A newer answer
// takes the place of one that was not sent yet.
class ContextPort {
 public:
  virtual ~ContextPort() = default;
  virtual void give(const DeploymentContext& context, const statekit::Position& position) = 0;
  // Nothing follows.
  virtual void end(const statekit::Status& status) = 0;
  // Nobody is there any more; from then on for ever.
  virtual bool gone() const = 0;
};

class Contexts {
 public:
  // The machine outlives it.
  Contexts(Machine& machine, std::size_t open_max) : machine_(machine), open_max_(open_max) {}

  // Gives the context as it is and keeps it current until `close`. The port is ended at once with
  // NotFound where there is no such deployment, ResourceExhausted where too many are open.
  void open(const std::shared_ptr<ContextPort>& port, const std::string& deployment);
  // REQUIRES: the port is gone.
  void close(const std::shared_ptr<ContextPort>& port);
  // After each commit.
  void refresh(const State& state);
  // Ends all, later ones too, with Unavailable.
  void stop();

 private:
  struct Watch {
    std::string deployment;
    std::vector<std::string> sources;  // what was given last is made of
    Revision given = 0;                // as of which
    bool ended = false;
  };
  void give(ContextPort& port, Watch& watch, const State& state);

  Machine& machine_;
  const std::size_t open_max_;
  std::mutex mutex_;
  std::map<std::shared_ptr<ContextPort>, Watch> open_;
  bool stopping_ = false;
};

}  // namespace millrace::schema_service
