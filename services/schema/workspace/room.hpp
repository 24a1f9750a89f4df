// Room<Model>: one journal held open with the MachineCore over it, driven by whoever has its lock.
// There may be a thousand workspaces, so none has a thread of its own. Used by the keeper only. Not
// thread safe: the keeper locks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "statekit/machine_core.hpp"

namespace millrace::workspace {

template <class Model>
class Room {
 public:
  using Core = statekit::MachineCore<Model>;
  using State = typename Model::State;

  Room(std::unique_ptr<statekit::Journal> journal, const statekit::Clock& clock,
       statekit::MachineLimits limits, statekit::MachineNote note)
      : journal_(std::move(journal)),
        broadcast_({1, 1, 1, 1}),  // nobody follows a workspace
        clock_(clock),
        core_(*journal_, broadcast_, limits, std::move(note)) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  // Writes a snapshot of what is new, so that the next opening is quick.
  ~Room() {
    core_.finish();
    journal_->close();
  }

  // REQUIRES: called once, first.
  statekit::Status start(const statekit::JournalOptions& options) { return core_.start(options); }

  // Ok when the published state is that of the journal's head now.
  statekit::Status refresh() {
    core_.look_at_head();
    core_.step(clock_.mono_ms());
    if (core_.health()) return {};
    core_.step(clock_.mono_ms());  // an attempt to recover
    return core_.health();
  }

  // Decides and writes one command. Blocks until its answer, which comes by the deadline.
  statekit::Result<statekit::Committed> run(typename Model::Command command,
                                            statekit::CommandMeta meta, std::int64_t deadline_ms) {
    if (statekit::Status able = refresh(); !able) return fail(able.error());
    std::optional<statekit::Result<statekit::Committed>> answer;
    core_.submit(
        std::move(command), std::move(meta), clock_.mono_ms() + deadline_ms,
        [&answer](statekit::Result<statekit::Committed> result) { answer = std::move(result); });
    while (!answer) {
      const statekit::StepReport report = core_.step(clock_.mono_ms());
      if (!answer && report.wait_ms > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(report.wait_ms));
    }
    return std::move(*answer);
  }

  typename statekit::Projection<State>::Reader read() const { return core_.projection().read(); }
  statekit::Status save_snapshot() { return core_.save_snapshot(); }
  statekit::MachineStats stats() const { return core_.stats(); }
  statekit::Journal& journal() { return *journal_; }

 private:
  const std::unique_ptr<statekit::Journal> journal_;
  statekit::Broadcast broadcast_;
  const statekit::Clock& clock_;
  Core core_;
};

}  // namespace millrace::workspace
