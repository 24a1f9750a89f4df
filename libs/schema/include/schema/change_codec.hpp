// Events, headers and snapshots as bytes (protos/v2alpha1/journal.proto): the statekit::Codec of
// every state that follows the schema service. Static functions, thread safe. Hostile bytes give an
// Error: data_loss where they are malformed, unimplemented where they are of a format or kind newer
// than this binary.
#pragma once

#include <vector>

#include "schema/change.hpp"
#include "statekit/state.hpp"

namespace millrace::schema {

struct ChangeCodec {
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;
  static constexpr std::uint32_t feature_level = feature_level_newest;

  static statekit::Bytes encode(const Event& event);
  static statekit::Result<Event> decode_event(statekit::BytesView bytes);
  static statekit::Bytes encode_header(const statekit::CommitMeta& meta);
  static statekit::Result<statekit::CommitMeta> decode_header(statekit::BytesView bytes);
  static std::vector<statekit::Bytes> encode_snapshot(const Snapshot& snapshot);
  static statekit::Result<Snapshot> decode_snapshot(const std::vector<statekit::Bytes>& parts);
};

}  // namespace millrace::schema
