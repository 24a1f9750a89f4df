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
// MachineCore is the same without a thread, driven by hand: the simulation and the unit tests use
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "statekit/broadcast.hpp"
#include "statekit/journal.hpp"
#include "statekit/projection.hpp"
#include "statekit/state.hpp"

namespace millrace::statekit {

// Who asks, why, when: everything that is not in the command itself.
struct CommandMeta {
  std::string principal = "anonymous";
  std::string reason;
  WallMs now_ms = 0;    // the caller's clock when it took the command in
  std::string token;    // idempotency token; empty: none
  Digest request_hash;  // of the request that the token belongs to
};

template <class Event>
struct Decision {
  std::vector<Event> events;        // empty: nothing to do, nothing is appended
  std::optional<Revision> earlier;  // the token was seen before: this commit was its answer
};

struct Committed {
  Revision revision = 0;  // the commit's; for an empty decision, the state's
  WallMs time_ms = 0;
  bool repeated = false;  // true: an earlier commit with the same token was the answer
};

}  // namespace millrace::statekit
