// What a FeedHub may touch of a session from another thread than the session's own.
#pragma once

#include <atomic>

#include "statekit/feed_hub.hpp"

namespace millrace::statekit {

struct FeedSession::Shared {
  std::atomic<bool> snapshot_wanted{false};  // its state disagreed: it starts from a snapshot
};

}  // namespace millrace::statekit
