#include "services/schema/workspace/codec.hpp"
#include "services/schema/workspace/codec_parts.hpp"
#include "v2alpha1/workspace.pb.h"

namespace millrace::workspace {

using statekit::Code;
using statekit::CommitMeta;
using statekit::fail;
using statekit::Result;

Bytes CatalogueCodec::encode(const CatalogueEvent& event) {
  v2alpha1::CatalogueEvent out;
  if (const auto* entered = std::get_if<NameEntered>(&event))
    out.mutable_entered()->set_name(entered->name);
  if (const auto* dropped = std::get_if<NameDropped>(&event)) {
    out.mutable_dropped()->set_name(dropped->name);
    out.mutable_dropped()->set_id(dropped->id);
  }
  return out.SerializeAsString();
}

Result<CatalogueEvent> CatalogueCodec::decode_event(BytesView bytes) {
  const auto message = parsed<v2alpha1::CatalogueEvent>(bytes, "event of the catalogue");
  if (!message) return fail(message.error());
  if (message->has_entered()) return NameEntered{message->entered().name()};
  if (message->has_dropped())
    return NameDropped{message->dropped().name(), message->dropped().id()};
  return fail(Code::unimplemented, "an event of a kind that this binary does not know: upgrade it");
}

Bytes CatalogueCodec::encode_header(const CommitMeta& meta) {
  return WorkspaceCodec::encode_header(meta);
}
Result<CommitMeta> CatalogueCodec::decode_header(BytesView bytes) {
  return WorkspaceCodec::decode_header(bytes);
}

std::vector<Bytes> CatalogueCodec::encode_snapshot(const CatalogueSnapshot& snapshot) {
  v2alpha1::CatalogueSnapshot out;
  out.set_format(format_written);
  out.set_readable_from(format_written);
  out.set_revision(snapshot.revision);
  for (const auto& [name, entry] : snapshot.names) {
    auto& each = *out.add_names();
    each.set_name(name);
    each.set_id(entry.id);
    each.set_entered_ms(entry.entered_ms);
  }
  return in_parts(out);
}

Result<CatalogueSnapshot> CatalogueCodec::decode_snapshot(const std::vector<Bytes>& parts) {
  const auto in = from_parts<v2alpha1::CatalogueSnapshot>(parts, "snapshot of the catalogue");
  if (!in) return fail(in.error());
  CatalogueSnapshot out;
  out.revision = in->revision();
  for (const auto& each : in->names()) out.names[each.name()] = {each.id(), each.entered_ms()};
  return out;
}

}  // namespace millrace::workspace
