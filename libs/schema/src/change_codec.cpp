#include "schema/change_codec.hpp"

#include <limits>
#include <utility>

#include "schema/change_codec_pb.hpp"
#include "statekit/journal.hpp"

namespace millrace::schema {

using statekit::Bytes;
using statekit::BytesView;
using statekit::Code;
using statekit::CommitMeta;
using statekit::fail;
using statekit::Result;
using statekit::Status;
using statekit::within;

namespace {

constexpr std::uint32_t format_written = 1;
constexpr std::uint32_t format_readable = 1;
// An entry's tag and length in its chunk are a few octets; this is more than they can be.
constexpr std::size_t entry_overhead = 16;

template <class Message>
Result<Message> parsed(BytesView bytes, const char* what) {
  Message message;
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Code::data_loss, std::string("damaged: these bytes are no ") + what);
  return message;
}

// Commits and snapshots say which format they are in and which readers still understand them.
Status check_format(std::uint32_t format, std::uint32_t readable_from, const char* what) {
  if (format == 0) return fail(Code::data_loss, std::string(what) + " without a format number");
  if (readable_from > format_readable)
    return fail(Code::unimplemented, std::string(what) + " in format " + std::to_string(format) +
                                         ", readable from format " + std::to_string(readable_from) +
                                         " on; this binary reads format " +
                                         std::to_string(format_readable) + ": upgrade it");
  return {};
}

// What comes at a level that is not known here may be of a kind that is not known here.
Status check_feature_level(std::uint32_t level) {
  if (level <= feature_level_newest) return {};
  return fail(Code::unimplemented, "this store is at feature level " + std::to_string(level) +
                                       "; this binary knows levels up to " +
                                       std::to_string(feature_level_newest) + ": upgrade it");
}

v2alpha1::SnapshotEntry header_entry(const Snapshot& snapshot) {
  v2alpha1::SnapshotEntry entry;
  v2alpha1::SnapshotHeader& header = *entry.mutable_header();
  header.set_format(format_written);
  header.set_readable_from(format_written);
  header.set_revision(snapshot.revision);
  header.set_time_ms(snapshot.time_ms);
  header.set_feature_level(snapshot.feature_level);
  header.set_config_unset_revision(snapshot.config_unset_revision);
  header.set_secret_unset_revision(snapshot.secret_unset_revision);
  return entry;
}

v2alpha1::SnapshotEntry entry_of(const RememberedRequest& request) {
  v2alpha1::SnapshotEntry entry;
  v2alpha1::RememberedRequest& out = *entry.mutable_remembered_request();
  out.set_principal(request.principal);
  out.set_token(request.token);
  out.set_request_hash(statekit::to_bytes(request.request_hash));
  out.set_revision(request.revision);
  return entry;
}
v2alpha1::SnapshotEntry entry_of(const SupersededBuild& build) {
  v2alpha1::SnapshotEntry entry;
  v2alpha1::SupersededBuild& out = *entry.mutable_superseded_build();
  out.set_module(build.module);
  out.set_schema_digest(statekit::to_bytes(build.schema_digest));
  out.set_build(build.build);
  out.set_revision(build.revision);
  return entry;
}
v2alpha1::SnapshotEntry entry_of(const Deployment& deployment) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_deployment() = to_proto(deployment);
  return entry;
}
v2alpha1::SnapshotEntry entry_of(const Endpoint& endpoint) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_endpoint() = to_proto(endpoint);
  return entry;
}
v2alpha1::SnapshotEntry entry_of(const Changeset& changeset) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_changeset() = to_proto(changeset);
  return entry;
}

v2alpha1::SnapshotEntry entry_of(const ConfigValue& value) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_config_value() = to_proto(value);
  return entry;
}

v2alpha1::SnapshotEntry entry_of(const SecretValue& secret) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_secret_value() = to_proto(secret);
  return entry;
}

v2alpha1::SnapshotEntry entry_of(const access::Token& token) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_access_token() = to_proto(token);
  return entry;
}

v2alpha1::SnapshotEntry entry_of(const access::Grant& grant) {
  v2alpha1::SnapshotEntry entry;
  *entry.mutable_access_grant() = to_proto(grant);
  return entry;
}

// Fills chunks up to the limit. One entry always fits a chunk, since it came out of one commit.
class Chunks {
 public:
  void add(v2alpha1::SnapshotEntry entry) {
    const std::size_t bytes = entry.ByteSizeLong() + entry_overhead;
    if (bytes_ > 0 && bytes_ + bytes > statekit::snapshot_part_bytes_max) flush();
    bytes_ += bytes;
    *chunk_.add_entries() = std::move(entry);
  }
  std::vector<Bytes> take() {
    flush();
    return std::move(parts_);
  }

 private:
  void flush() {
    parts_.push_back(chunk_.SerializeAsString());
    chunk_.Clear();
    bytes_ = 0;
  }

  std::vector<Bytes> parts_;
  v2alpha1::SnapshotChunk chunk_;
  std::size_t bytes_ = 0;
};

Status take_header(const v2alpha1::SnapshotHeader& header, Snapshot& snapshot) {
  if (Status known = check_format(header.format(), header.readable_from(), "a snapshot"); !known)
    return known;
  if (Status known = check_feature_level(header.feature_level()); !known) return known;
  snapshot.revision = header.revision();
  snapshot.time_ms = header.time_ms();
  snapshot.feature_level = header.feature_level();
  snapshot.config_unset_revision = header.config_unset_revision();
  snapshot.secret_unset_revision = header.secret_unset_revision();
  return {};
}

template <class Message, class Value>
Status append_to(std::vector<Value>& values, const Message& message) {
  Result<Value> value = from_proto(message);
  if (!value) return fail(std::move(value.error()));
  values.push_back(std::move(*value));
  return {};
}

Status take_request(const v2alpha1::RememberedRequest& message, Snapshot& snapshot) {
  RememberedRequest request{message.principal(), message.token(), {}, message.revision()};
  if (!statekit::from_bytes(message.request_hash(), request.request_hash))
    return fail(Code::data_loss, "a remembered request whose hash is not 32 octets long");
  snapshot.requests.push_back(std::move(request));
  return {};
}

Status take_superseded(const v2alpha1::SupersededBuild& message, Snapshot& snapshot) {
  SupersededBuild build{message.module(), {}, message.build(), message.revision()};
  if (!statekit::from_bytes(message.schema_digest(), build.schema_digest))
    return fail(Code::data_loss, "a superseded build whose digest is not 32 octets long");
  snapshot.superseded.push_back(std::move(build));
  return {};
}

Status take_entry(const v2alpha1::SnapshotEntry& entry, bool first, Snapshot& snapshot) {
  using Kind = v2alpha1::SnapshotEntry;
  if (first != (entry.kind_case() == Kind::kHeader))
    return fail(Code::data_loss, "a snapshot has its header first, and once");
  switch (entry.kind_case()) {
    case Kind::kHeader: return take_header(entry.header(), snapshot);
    case Kind::kDeployment: return append_to(snapshot.deployments, entry.deployment());
    case Kind::kEndpoint: return append_to(snapshot.endpoints, entry.endpoint());
    case Kind::kChangeset: return append_to(snapshot.changesets, entry.changeset());
    case Kind::kRememberedRequest: return take_request(entry.remembered_request(), snapshot);
    case Kind::kSupersededBuild: return take_superseded(entry.superseded_build(), snapshot);
    case Kind::kConfigValue: return append_to(snapshot.config, entry.config_value());
    case Kind::kSecretValue: return append_to(snapshot.secrets, entry.secret_value());
    case Kind::kAccessToken: return append_to(snapshot.tokens, entry.access_token());
    case Kind::kAccessGrant: return append_to(snapshot.grants, entry.access_grant());
    case Kind::KIND_NOT_SET: break;
  }
  return fail(Code::unimplemented,
              "a snapshot entry of a kind that this binary does not know: upgrade it");
}

}  // namespace

Bytes ChangeCodec::encode(const Event& event) { return to_proto(event).SerializeAsString(); }

Result<Event> ChangeCodec::decode_event(BytesView bytes) {
  Result<v2alpha1::Event> message = parsed<v2alpha1::Event>(bytes, "encoded event");
  if (!message) return fail(std::move(message.error()));
  if (Status known = check_feature_level(message->feature_level_raised().level()); !known)
    return fail(std::move(known.error()));
  return from_proto(*message);
}

Bytes ChangeCodec::encode_header(const CommitMeta& meta) {
  v2alpha1::CommitHeader header;
  header.set_format(format_written);
  header.set_readable_from(format_written);
  header.set_revision(meta.revision);
  header.set_time_ms(meta.time_ms);
  header.set_author(meta.author);
  header.set_reason(meta.reason);
  return header.SerializeAsString();
}

Result<CommitMeta> ChangeCodec::decode_header(BytesView bytes) {
  Result<v2alpha1::CommitHeader> header =
      parsed<v2alpha1::CommitHeader>(bytes, "encoded commit header");
  if (!header) return fail(std::move(header.error()));
  if (Status known = check_format(header->format(), header->readable_from(), "a commit"); !known)
    return fail(std::move(known.error()));
  return CommitMeta{header->revision(), header->time_ms(), header->author(), header->reason()};
}

std::vector<Bytes> ChangeCodec::encode_snapshot(const Snapshot& snapshot) {
  Chunks chunks;
  chunks.add(header_entry(snapshot));
  for (const Deployment& deployment : snapshot.deployments) chunks.add(entry_of(deployment));
  for (const Endpoint& endpoint : snapshot.endpoints) chunks.add(entry_of(endpoint));
  for (const Changeset& changeset : snapshot.changesets) chunks.add(entry_of(changeset));
  for (const RememberedRequest& request : snapshot.requests) chunks.add(entry_of(request));
  for (const SupersededBuild& build : snapshot.superseded) chunks.add(entry_of(build));
  for (const ConfigValue& value : snapshot.config) chunks.add(entry_of(value));
  for (const SecretValue& secret : snapshot.secrets) chunks.add(entry_of(secret));
  for (const access::Token& token : snapshot.tokens) chunks.add(entry_of(token));
  for (const access::Grant& grant : snapshot.grants) chunks.add(entry_of(grant));
  return chunks.take();
}

Result<Snapshot> ChangeCodec::decode_snapshot(const std::vector<Bytes>& parts) {
  Snapshot snapshot;
  bool first = true;
  for (const Bytes& part : parts) {
    Result<v2alpha1::SnapshotChunk> chunk =
        parsed<v2alpha1::SnapshotChunk>(part, "encoded part of a snapshot");
    if (!chunk) return fail(std::move(chunk.error()));
    for (const v2alpha1::SnapshotEntry& entry : chunk->entries()) {
      if (Status taken = take_entry(entry, first, snapshot); !taken)
        return fail(within("reading a snapshot", std::move(taken.error())));
      first = false;
    }
  }
  if (first) return fail(Code::data_loss, "a snapshot without a header");
  return snapshot;
}

}  // namespace millrace::schema
