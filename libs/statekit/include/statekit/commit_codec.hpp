// Commits between their two forms: the envelope's bytes and the decoded Commit<Event> that states
// apply. Machine and Follower use it; pure.
#pragma once

#include <string>
#include <utility>

#include "statekit/envelope.hpp"
#include "statekit/state.hpp"

namespace millrace::statekit {

template <class Codec>
Envelope to_envelope(const Commit<typename Codec::Event>& commit) {
  Envelope envelope;
  envelope.header = Codec::encode_header(commit.meta);
  for (const typename Codec::Event& event : commit.events)
    envelope.events.push_back({Codec::encode(event), false, {}});
  return envelope;
}

// Hidden events are left out. Code::unimplemented: an event kind that this binary does not know.
template <class Codec>
Result<Commit<typename Codec::Event>> from_envelope(Revision revision, const Envelope& envelope) {
  Result<CommitMeta> meta = Codec::decode_header(envelope.header);
  const std::string doing = "decoding commit " + std::to_string(revision);
  if (!meta) return fail(within(doing, std::move(meta.error())));
  if (meta->revision != revision)
    return fail(Code::data_loss,
                doing + ": its header says revision " + std::to_string(meta->revision));
  Commit<typename Codec::Event> commit{std::move(*meta), {}};
  for (const EnvelopeEvent& slot : envelope.events) {
    if (slot.hidden) continue;
    Result<typename Codec::Event> event = Codec::decode_event(slot.bytes);
    if (!event) return fail(within(doing, std::move(event.error())));
    commit.events.push_back(std::move(*event));
  }
  return commit;
}

}  // namespace millrace::statekit
