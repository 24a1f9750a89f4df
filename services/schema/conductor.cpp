#include "services/schema/conductor.hpp"

#include <chrono>
#include <utility>

namespace millrace::schema_service {

using statekit::MonoMs;
using std::chrono::milliseconds;

Conductor::Conductor(Machine& machine, statekit::Broadcast& broadcast, Prober& prober,
                     const statekit::Clock& clock, const ConductorOptions& options,
                     Followers followers, OnState on_state, AskOthers others,
                     std::function<void()> after)
    : machine_(machine),
      broadcast_(broadcast),
      prober_(prober),
      clock_(clock),
      options_(options),
      followers_(std::move(followers)),
      on_state_(std::move(on_state)),
      others_(std::move(others)),
      after_(std::move(after)),
      rollout_(options.rollout),
      leases_(options.lease_ms),
      probes_(options.probes) {}

Conductor::~Conductor() { stop(); }

void Conductor::start() {
  subscription_ = broadcast_.subscribe([inbox = inbox_] {
    {
      const std::lock_guard lock(inbox->mutex);
      // One commit of a tick wakes the thread, the others find it awake.
      if (std::exchange(inbox->woken, true)) return;
    }
    inbox->wake.notify_one();
  });
  thread_ = std::thread([this] { run(); });
}

void Conductor::stop() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->stopping = true;
  }
  inbox_->wake.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  broadcast_.unsubscribe(subscription_);
}

void Conductor::heard(const std::string& endpoint) {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->heartbeats.push_back(endpoint);
  inbox_->held[endpoint] = clock_.mono_ms();
}

std::vector<std::string> Conductor::held() {
  const MonoMs now = clock_.mono_ms();
  const std::lock_guard lock(inbox_->mutex);
  std::erase_if(inbox_->held,
                [&](const auto& each) { return now - each.second > options_.lease_ms / 2; });
  std::vector<std::string> endpoints;
  for (const auto& [endpoint, heard] : inbox_->held) endpoints.push_back(endpoint);
  return endpoints;
}

void Conductor::run() {
  while (wait()) tick();
}

bool Conductor::wait() {
  std::unique_lock lock(inbox_->mutex);
  // Commits that come close together share a tick.
  inbox_->wake.wait_for(lock, milliseconds(options_.tick_ms_min),
                        [this] { return inbox_->stopping; });
  inbox_->wake.wait_for(lock, milliseconds(options_.tick_ms),
                        [this] { return inbox_->stopping || inbox_->woken; });
  inbox_->woken = false;
  return !inbox_->stopping;
}

void Conductor::tick() {
  std::vector<std::string> heartbeats;
  std::vector<ProbeAnswer> answers;
  {
    const std::lock_guard lock(inbox_->mutex);
    heartbeats.swap(inbox_->heartbeats);
    answers.swap(inbox_->answers);
  }
  const std::vector<FollowerFact> followers = followers_();
  const Others others = others_ ? others_() : Others{};
  const MonoMs now = clock_.mono_ms();
  if (others.writer && !was_writer_) leases_.start_afresh(now);
  was_writer_ = others.writer;
  std::vector<Command> commands;
  std::vector<Probe> probes;
  {
    const auto state = machine_.read();
    for (const std::string& endpoint : heartbeats) leases_.renew(endpoint, now);
    for (const std::string& endpoint : others.held) leases_.renew(endpoint, now);
    for (const ProbeAnswer& answer : answers) {
      if (auto command = probes_.on_result(*state, answer.endpoint, answer.answered, now))
        commands.push_back(std::move(*command));
    }
    for (Command& command : rollout_.tick(*state, now, followers))
      commands.push_back(std::move(command));
    for (Command& command : leases_.tick(*state, now)) commands.push_back(std::move(command));
    if (others.writer) probes = probes_.tick(*state, now);
    on_state_(*state);
  }
  if (after_) after_();
  // The clockwork turns in every replica, so that each may take over; one of them acts.
  if (!others.writer) commands.clear();
  submit(std::move(commands));
  send(probes);
}

void Conductor::submit(std::vector<Command> commands) {
  for (Command& command : commands) {
    const statekit::CommandMeta meta{"schema", {}, clock_.wall_ms(), {}, {}};
    // What is refused or lost is asked for again at a later tick.
    machine_.submit(std::move(command), meta, options_.write_ms_max,
                    [](const statekit::Result<statekit::Committed>&) {});
  }
}

void Conductor::send(const std::vector<Probe>& probes) {
  for (const Probe& probe : probes) {
    prober_.ping(probe.address, options_.probe_timeout_ms,
                 [inbox = inbox_, endpoint = probe.endpoint](bool answered) {
                   {
                     const std::lock_guard lock(inbox->mutex);
                     inbox->answers.push_back({endpoint, answered});
                     inbox->woken = true;
                   }
                   inbox->wake.notify_one();
                 });
  }
}

}  // namespace millrace::schema_service
