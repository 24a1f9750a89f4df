// Contexts: one for each GetDeploymentContext stream. Each deployment that asks is given its config
// values and secrets at once, and again after each change that concerns it. Answers are made on a
// thread of its own, since the keys that open secrets may be far away. Free of any transport:
// context_reactor.cpp carries the answers. Thread safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "services/schema/config_view.hpp"
#include "services/schema/model.hpp"
#include "services/schema/vault.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::schema_service {

// Where answers go. Must not block nor call back. A newer answer takes the place of one that was
// not sent yet; what comes after the end, or once nobody is there, goes nowhere.
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
  // Both outlive it.
  Contexts(Machine& machine, Vault& vault, std::size_t open_max);
  ~Contexts() { stop(); }

  // Gives the context as it is, no older than now, and keeps it current until `close`. The port is
  // ended with NotFound where there is no such deployment, ResourceExhausted where too many are
  // open. `config_only`: it is given no secrets, and none is opened for it.
  void open(const std::shared_ptr<ContextPort>& port, const std::string& deployment,
            bool config_only = false);
  // REQUIRES: the port is gone.
  void close(const std::shared_ptr<ContextPort>& port);
  // After each commit: wakes the thread, no more.
  void refresh(Revision revision);
  // Ends all, later ones too, with Unavailable. Idempotent.
  void stop();

 private:
  // Touched by the thread alone, but for `ended`, which the mutex guards.
  struct Watch {
    std::shared_ptr<ContextPort> port;
    std::string deployment;
    bool config_only = false;
    std::vector<std::string> sources;  // what was given last is made of
    std::string secrets;               // "api_key@12 pin@9": those that were given last
    std::string problems;              // of the secrets that could not be opened
    Revision given = 0;                // as of which
    bool ended = false;
  };
  // The secrets of a deployment at one revision, before and after they are opened.
  struct Opening {
    std::vector<std::string> sources;
    std::vector<SecretValue> sealed;
    std::map<std::string, statekit::Result<seal::ClearText>> clear;  // by name
  };

  void run();
  // Gives what is due; true: something could not be opened, and may be later.
  bool round();
  bool give(Watch& watch);
  // None: nothing has changed, or the deployment is gone and the port was ended.
  std::optional<Opening> look(Watch& watch);
  // False: the state moved on meanwhile.
  bool answer(Watch& watch, const Opening& opening);
  void end(Watch& watch, const statekit::Status& status);

  Machine& machine_;
  Vault& vault_;
  const std::size_t open_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::shared_ptr<ContextPort>, std::shared_ptr<Watch>> open_;
  bool moved_ = false;
  Revision seen_ = 0;  // of the newest state that it was told of
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::schema_service
