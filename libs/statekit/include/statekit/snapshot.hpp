// How a snapshot is stored and sent: parts, of which the first is this header and the rest is what
// the Codec made of the state. The header is lines of text, "millrace-snapshot 1" first, so that a
// snapshot names itself wherever it lies. Values, free of threads; hostile bytes give an Error.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

struct SnapshotHeader {
  Position position;
  WallMs time_ms = 0;  // of the commit at that revision
  bool operator==(const SnapshotHeader&) const = default;
};

Bytes encode(const SnapshotHeader& header);
Result<SnapshotHeader> decode_snapshot_header(BytesView part);

// A snapshot in parts, header first, shared by all who send it.
struct SnapshotParts {
  Position position;
  std::vector<std::shared_ptr<const Bytes>> parts;
  std::size_t bytes() const;
};

template <class Codec>
SnapshotParts encode_snapshot_parts(const SnapshotHeader& header,
                                    const typename Codec::Snapshot& snapshot) {
  SnapshotParts out{header.position, {}};
  out.parts.push_back(std::make_shared<const Bytes>(encode(header)));
  for (Bytes& part : Codec::encode_snapshot(snapshot))
    out.parts.push_back(std::make_shared<const Bytes>(std::move(part)));
  return out;
}

template <class Snapshot>
struct DecodedSnapshot {
  SnapshotHeader header;
  Snapshot snapshot;
};

// `parts` with the header first. Takes them, since the codec wants its own without the header.
template <class Codec>
Result<DecodedSnapshot<typename Codec::Snapshot>> decode_snapshot_parts(std::vector<Bytes> parts) {
  if (parts.empty()) return fail(Code::data_loss, "a snapshot without parts");
  Result<SnapshotHeader> header = decode_snapshot_header(parts.front());
  if (!header) return fail(std::move(header.error()));
  parts.erase(parts.begin());
  Result<typename Codec::Snapshot> snapshot = Codec::decode_snapshot(parts);
  if (!snapshot) return fail(within("decoding a snapshot", std::move(snapshot.error())));
  return DecodedSnapshot<typename Codec::Snapshot>{std::move(*header), std::move(*snapshot)};
}

}  // namespace millrace::statekit
