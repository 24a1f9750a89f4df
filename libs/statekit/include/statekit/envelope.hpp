// The commit envelope: how a commit's header and events are laid out in bytes, and the digest chain
// over them. The layout is the protobuf message millrace.v2alpha1.Commit
// (protos/v2alpha1/journal.proto), read and written here by hand so that neither the journal nor
// the feed needs to know any event:
//   digest(r) = SHA-256(digest(r-1) | r as 8 octets big-endian | H(header) | H(event 1) | ...)
// with H = SHA-256. An event that a follower may not see is replaced by its H; the chain still
// closes. Values, free of threads; hostile bytes give an Error.
#pragma once

#include <cstdint>
#include <vector>

#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

struct EnvelopeEvent {
  Bytes bytes;          // the encoded event; unused when hidden
  bool hidden = false;  // true: only `hash` is known
  Digest hash;          // set when hidden
  bool operator==(const EnvelopeEvent&) const = default;
};

struct Envelope {
  Bytes header;  // one encoded CommitHeader
  std::vector<EnvelopeEvent> events;
  bool operator==(const Envelope&) const = default;
};

Bytes encode(const Envelope& envelope);
Result<Envelope> decode_envelope(BytesView commit);

// digest(r) from digest(r - 1) and the commit at r.
Digest chain(const Digest& previous, Revision revision, const Envelope& envelope);
Result<Digest> chain(const Digest& previous, Revision revision, BytesView commit);

}  // namespace millrace::statekit
