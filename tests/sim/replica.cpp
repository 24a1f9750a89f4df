#include "sim/replica.hpp"

namespace millrace::sim {
namespace {

// Small enough that a run of a few hundred commits meets every limit.
statekit::MachineLimits small_machine(bool shared) {
  statekit::MachineLimits limits;
  limits.shared = shared;
  limits.queue_max = 32;
  limits.group_commands_max = 8;
  limits.snapshot_interval = 25;
  limits.read_entries_max = 7;
  return limits;
}

statekit::BroadcastLimits small_ring() {
  statekit::BroadcastLimits limits;
  limits.commits_max = 16;
  limits.pinned_commits_max = 48;
  return limits;
}

statekit::FeedLimits small_feed() {
  statekit::FeedLimits limits;
  limits.batch_commits_max = 5;
  limits.tail_max = 20;
  return limits;
}

}  // namespace

Replica::Replica(std::shared_ptr<journal::MemoryStore> store,
                 std::shared_ptr<journal::Faults> faults, bool shared)
    : journal_(journal::make_memory_journal(std::move(store), std::move(faults))),
      broadcast_(small_ring()),
      core_(std::make_unique<Core>(*journal_, broadcast_, small_machine(shared))),
      hub_(std::make_unique<statekit::FeedHub>(
          broadcast_, *journal_, [this] { return core_->snapshot_parts(); }, small_feed(),
          [this] { core_->look_at_head(); })),
      rollout_({.rollback_window_ms = 20'000, .retry_ms = 1'000}),
      leases_(10'000) {}

bool Replica::start() {
  statekit::JournalOptions options;
  options.incarnation_if_new = "0123456789abcdef0123456789abcdef";
  return core_->start(options).has_value();
}

void Replica::tick(statekit::MonoMs now, statekit::WallMs wall,
                   const std::vector<schema_service::FollowerFact>& facts, bool acts) {
  statekit::CommandMeta meta;
  meta.principal = "clockwork";
  meta.now_ms = wall;
  const auto send = [&](std::vector<schema_service::Command> commands) {
    if (!acts) return;
    for (schema_service::Command& command : commands)
      core_->submit(std::move(command), meta, now + 5'000, [](auto&&) {});
  };
  const auto state = core_->projection().read();
  send(rollout_.tick(*state, now, facts));
  send(leases_.tick(*state, now));
}

}  // namespace millrace::sim
