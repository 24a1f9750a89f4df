// The states of the past that are made and sent by one process. Whoever tells of one, the feed or a
// call, takes a place here first, so that all of them share one limit: each holds a whole state in
// memory, so they are few and end in time. PastStates: thread safe; PastState: one thread at a
// time.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "statekit/feed.hpp"
#include "statekit/result.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::statekit {

inline constexpr std::size_t past_states_max = 8;
inline constexpr MonoMs past_state_ms_max = 60'000;  // to make and to send one

// One state, from the question to its last part. Its place is free again when it is gone.
class PastState {
 public:
  explicit PastState(std::shared_ptr<const void> place) : place_(std::move(place)) {}

  void begin(SnapshotParts state) { state_ = std::move(state); }
  bool begun() const { return state_.has_value(); }
  // Nothing: all is sent. REQUIRES: begun().
  std::optional<SnapshotPart> next();

 private:
  std::shared_ptr<const void> place_;
  std::optional<SnapshotParts> state_;  // none: still being made
  std::size_t next_ = 0;
};

class PastStates {
 public:
  using Answer = std::function<void(Result<SnapshotParts>)>;
  // Makes the state as it was at a revision, and answers once, on any thread.
  using Make = std::function<void(Revision, Answer)>;

  explicit PastStates(Make make) : make_(std::move(make)) {}

  // ResourceExhausted while past_states_max of them are being made or sent.
  Result<PastState> enter();
  void make(Revision revision, Answer answer) const { make_(revision, std::move(answer)); }

 private:
  const Make make_;
  // Places may be left after this is gone.
  const std::shared_ptr<std::atomic<std::size_t>> taken_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace millrace::statekit
