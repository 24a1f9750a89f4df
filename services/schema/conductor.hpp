// Conductor: the thread that turns the clockwork. It wakes at each commit and a few times a second,
// hands the state and the time to the rollout, the leases and the probes, and submits what they
// ask for. Start and stop from one thread; `heard` from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/schema/leases.hpp"
#include "services/schema/model.hpp"
#include "services/schema/prober.hpp"
#include "services/schema/probes.hpp"
#include "services/schema/rollout.hpp"
#include "statekit/broadcast.hpp"
#include "statekit/clock.hpp"

namespace millrace::schema_service {

struct ConductorOptions {
  std::int64_t lease_ms = 10'000;
  std::int64_t write_ms_max = 10'000;
  std::int64_t tick_ms = 100;    // the longest pause between two ticks
  std::int64_t tick_ms_min = 5;  // the shortest, however many commits there are
  std::int64_t probe_timeout_ms = 1'000;
  RolloutTimes rollout;
  ProbeTimes probes;
};

class Conductor {
 public:
  using Followers = std::function<std::vector<FollowerFact>()>;
  using OnState = std::function<void(const State&)>;
  // What the other replicas are to this one.
  struct Others {
    bool writer = true;             // this one decides what is due
    std::vector<std::string> held;  // endpoints that others have heard from
  };
  using AskOthers = std::function<Others()>;

  // All outlive it. `on_state` is called at each tick, for what else follows the state, and `after`
  // when the state has been let go, for what may take its time.
  Conductor(Machine& machine, statekit::Broadcast& broadcast, Prober& prober,
            const statekit::Clock& clock, const ConductorOptions& options, Followers followers,
            OnState on_state, AskOthers others = {}, std::function<void()> after = {});
  ~Conductor();
  Conductor(const Conductor&) = delete;
  Conductor& operator=(const Conductor&) = delete;

  void start();
  void stop();  // idempotent

  // A heartbeat of an endpoint.
  void heard(const std::string& endpoint);
  // Whom this replica has heard from within half a lease.
  std::vector<std::string> held();

 private:
  struct ProbeAnswer {
    std::string endpoint;
    bool answered = false;
  };
  // Shared with probes under way, which may outlive the conductor.
  struct Inbox {
    std::mutex mutex;
    std::condition_variable wake;
    bool woken = false;
    bool stopping = false;
    std::vector<std::string> heartbeats;
    std::map<std::string, statekit::MonoMs> held;
    std::vector<ProbeAnswer> answers;
  };

  void run();
  bool wait();  // false: stop
  void tick();
  void submit(std::vector<Command> commands);
  void send(const std::vector<Probe>& probes);

  Machine& machine_;
  statekit::Broadcast& broadcast_;
  Prober& prober_;
  const statekit::Clock& clock_;
  const ConductorOptions options_;
  const Followers followers_;
  const OnState on_state_;
  const AskOthers others_;
  const std::function<void()> after_;
  bool was_writer_ = false;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  Rollout rollout_;
  Leases leases_;
  Probes probes_;
  std::uint64_t subscription_ = 0;
  std::thread thread_;
};

}  // namespace millrace::schema_service
