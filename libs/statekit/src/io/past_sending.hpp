// What is left to send of a past state, part by part. Used by the feed's server, under the lock of
// the stream that sends it.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "feed_wire.hpp"
#include "statekit/feed.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::statekit {

class PastSending {
 public:
  void begin(SnapshotParts state) { state_ = std::move(state); }
  bool begun() const { return state_.has_value(); }

  // False: all is sent. REQUIRES: begun().
  bool next(v2alpha1::SubscribeResponse& wire) {
    if (next_ == state_->parts.size()) return false;
    const bool last = next_ + 1 == state_->parts.size();
    const auto index = static_cast<std::uint32_t>(next_);
    to_wire(SnapshotPart{state_->position, index, last, state_->parts[next_++]}, wire);
    wire.mutable_snapshot()->set_past(true);
    return true;
  }

 private:
  std::optional<SnapshotParts> state_;  // none: still being made
  std::size_t next_ = 0;
};

}  // namespace millrace::statekit
