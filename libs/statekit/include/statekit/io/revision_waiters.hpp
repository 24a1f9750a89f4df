// RevisionWaiters: requests that wait until a projection has reached a revision
// (`millrace-min-revision`), each with its own deadline, without a thread of their own. Bounded.
// Routing and ingress have one each. Thread safe; requests are resumed on this object's one thread,
// never on the feed's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "statekit/projection.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

class RevisionWaiters {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // `projection` outlives this.
  template <class State>
  RevisionWaiters(const Projection<State>& projection, std::size_t waiting_max)
      : RevisionWaiters({[&projection](Revision wanted, std::function<void(bool)> done) {
                           return projection.when(wanted, std::move(done));
                         },
                         [&projection](std::uint64_t notice) { projection.forget(notice); }},
                        waiting_max) {}
  ~RevisionWaiters();
  RevisionWaiters(const RevisionWaiters&) = delete;
  RevisionWaiters& operator=(const RevisionWaiters&) = delete;

  // Calls `resume` once: when the revision is reached, at the deadline, or at stop(); it looks for
  // itself which it was. 0: too many wait already, `resume` is not called.
  std::uint64_t wait(Revision wanted, Deadline deadline, std::function<void()> resume);

  // Resumes that request now. No harm when it went on already.
  void wake(std::uint64_t id);

  std::size_t waiting() const;
  void stop();  // resumes all; idempotent

 private:
  // Projection::when and forget, whatever its state is.
  struct Source {
    std::function<std::uint64_t(Revision, std::function<void(bool)>)> when;
    std::function<void(std::uint64_t)> forget;
  };
  struct Shared;
  RevisionWaiters(Source source, std::size_t waiting_max);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace millrace::statekit
