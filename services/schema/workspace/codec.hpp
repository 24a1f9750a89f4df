// Commits and snapshots of workspaces and of their catalogue, between values and stored bytes
// (protos/v2alpha1/workspace.proto). Pure functions; hostile bytes give an Error.
#pragma once

#include <vector>

#include "services/schema/workspace/catalogue.hpp"
#include "services/schema/workspace/state.hpp"

namespace millrace::workspace {

using statekit::BytesView;

struct WorkspaceCodec {
  using Event = workspace::Event;
  using Snapshot = WorkspaceSnapshot;
  static Bytes encode(const Event& event);
  static statekit::Result<Event> decode_event(BytesView bytes);
  static Bytes encode_header(const statekit::CommitMeta& meta);
  static statekit::Result<statekit::CommitMeta> decode_header(BytesView bytes);
  static std::vector<Bytes> encode_snapshot(const Snapshot& snapshot);
  static statekit::Result<Snapshot> decode_snapshot(const std::vector<Bytes>& parts);
};

struct CatalogueCodec {
  using Event = CatalogueEvent;
  using Snapshot = CatalogueSnapshot;
  static Bytes encode(const Event& event);
  static statekit::Result<Event> decode_event(BytesView bytes);
  static Bytes encode_header(const statekit::CommitMeta& meta);
  static statekit::Result<statekit::CommitMeta> decode_header(BytesView bytes);
  static std::vector<Bytes> encode_snapshot(const Snapshot& snapshot);
  static statekit::Result<Snapshot> decode_snapshot(const std::vector<Bytes>& parts);
};

}  // namespace millrace::workspace
