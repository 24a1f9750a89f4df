// Machine<Model>: the one door to a durable state. It owns the state, is its only writer, takes
// commands from many callers, decides them in order against the newest state, appends them to the
// journal in groups (one durable write for many commands), applies and publishes them in order and
// answers each caller with its revision.
//
// A Model names what a Machine needs:
//   struct Model {
//     using State = ...;      // MachineState: Event, Snapshot
//     using Command = ...;
//     using Codec = ...;      // statekit::Codec for the same Event and Snapshot
//     // Pure. May refuse.
//     static Result<Decision<Event>> decide(const State&, const CommandMeta&, const Command&);
//   };
//
// MachineCore (statekit/machine_core.hpp) is the same without a thread, driven by hand: the
// simulation and the unit tests use it. Thread safe, but for start and stop.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "statekit/machine_core.hpp"

namespace millrace::statekit {

template <class Model>
class Machine {
 public:
  using Core = MachineCore<Model>;
  using State = typename Core::State;
  using Command = typename Core::Command;
  using Done = typename Core::Done;

  // All three outlive the machine. `clock` is read on the machine's thread for deadlines only.
  Machine(Journal& journal, Broadcast& broadcast, const Clock& clock, MachineLimits limits = {},
          MachineNote note = {})
      : limits_(limits), clock_(clock), core_(journal, broadcast, limits, std::move(note)) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { stop(); }

  // Opens the journal, rebuilds the state from it, begins to take commands. REQUIRES: called once.
  Status start(const JournalOptions& options) {
    if (Status started = core_.start(options); !started) return started;
    thread_ = std::thread([this] { run(); });
    return {};
  }

  // Takes no more commands, finishes those taken, writes a snapshot. Idempotent.
  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  // `done` is called exactly once, on the machine's thread or, when the command is not taken, on
  // this one: it must not block. `deadline_ms` counts from now; one that passes before the command
  // is decided is DeadlineExceeded (nothing happened), one that passes while an append is unsettled
  // is Unknown. A full queue is ResourceExhausted.
  void submit(Command command, CommandMeta meta, std::int64_t deadline_ms, Done done) {
    const MonoMs deadline = clock_.mono_ms() + deadline_ms;
    if (const Status room = take_place(); !room) return done(fail(room.error()));
    {
      std::lock_guard lock(mutex_);
      inbox_.push_back({std::move(command), std::move(meta), deadline, std::move(done)});
    }
    wake_.notify_one();
  }

  // The same, waiting for the answer. One that does not come in time is Unknown.
  Result<Committed> call(Command command, CommandMeta meta, std::int64_t deadline_ms) {
    auto answer = std::make_shared<std::promise<Result<Committed>>>();
    std::future<Result<Committed>> future = answer->get_future();
    submit(std::move(command), std::move(meta), deadline_ms,
           [answer](Result<Committed> result) { answer->set_value(std::move(result)); });
    if (future.wait_for(std::chrono::milliseconds(deadline_ms)) == std::future_status::timeout)
      return fail(Code::unknown, "no answer within the deadline: it may have been committed");
    return future.get();
  }

  // Looks at the journal's head soon: another replica may have written. With a revision: unless the
  // state is there by then, as it is where what was heard of is this machine's own write.
  void nudge(Revision heard_of = anything) {
    {
      std::lock_guard lock(mutex_);
      nudged_ = std::max(nudged_, heard_of);
    }
    wake_.notify_one();
  }

  const Projection<State>& projection() const { return core_.projection(); }
  typename Projection<State>::Reader read() const { return core_.projection().read(); }
  // Where the published state stands.
  Position position() const { return core_.position(); }
  // The published state as snapshot parts: what a FeedHub asks for.
  Result<SnapshotParts> snapshot_parts() const { return core_.snapshot_parts(); }
  template <class Change>
  Result<SnapshotParts> snapshot_parts(const Change& change) const {
    return core_.snapshot_parts(change);
  }
  // Why it decides nothing any more (`journal rewound`, an unknown event), or cannot at present.
  Status health() const { return core_.health(); }
  MachineStats stats() const { return core_.stats(); }

 private:
  static constexpr Revision anything = ~Revision{0};

  struct Letter {
    Command command;
    CommandMeta meta;
    MonoMs deadline;
    Done done;
  };

  Status take_place() {
    std::lock_guard lock(mutex_);
    if (stopping_) return fail(Code::unavailable, "the service is stopping: try another replica");
    if (inbox_.size() >= limits_.queue_max)
      return fail(Code::resource_exhausted, "too many commands are waiting (queue_max is " +
                                                std::to_string(limits_.queue_max) +
                                                "): try again later");
    return {};
  }

  void run() {
    StepReport report;
    for (;;) {
      const bool stopping = wait(report);
      hand_over();
      const MonoMs now = clock_.mono_ms();
      report = core_.step(now);
      if (stopping && (!report.more || !core_.health())) break;
    }
    refuse_rest();
    core_.finish();
  }

  // Until there is something to do; true when stopping. Takes the nudge along.
  bool wait(const StepReport& report) {
    std::unique_lock lock(mutex_);
    const auto due = [&] { return stopping_ || nudged_ > 0 || !inbox_.empty(); };
    const auto pause = std::chrono::milliseconds(
        report.wait_ms > 0 ? report.wait_ms : (report.more ? 0 : limits_.poll_ms));
    // A pause that the core asked for is not cut short by new commands.
    if (report.wait_ms > 0)
      wake_.wait_for(lock, pause, [&] { return stopping_; });
    else if (!report.more && !wake_.wait_for(lock, pause, due))
      nudged_ = anything;
    if (std::exchange(nudged_, 0) > core_.projection().revision()) core_.look_at_head();
    return stopping_;
  }

  void hand_over() {
    std::deque<Letter> letters;
    {
      std::lock_guard lock(mutex_);
      if (core_.queued() < limits_.group_commands_max) letters.swap(inbox_);
    }
    for (Letter& letter : letters)
      core_.submit(std::move(letter.command), std::move(letter.meta), letter.deadline,
                   std::move(letter.done));
  }

  void refuse_rest() {
    std::deque<Letter> letters;
    {
      std::lock_guard lock(mutex_);
      letters.swap(inbox_);
    }
    for (Letter& letter : letters)
      letter.done(fail(Code::unavailable, "the service is stopping: try another replica"));
  }

  const MachineLimits limits_;
  const Clock& clock_;
  Core core_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Letter> inbox_;
  Revision nudged_ = 0;  // the newest that was heard of
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::statekit
