#include "services/schema/workspace/codec.hpp"

#include "services/schema/workspace/codec_parts.hpp"
#include "v2alpha1/journal.pb.h"
#include "v2alpha1/workspace.pb.h"

namespace millrace::workspace {

using statekit::Code;
using statekit::CommitMeta;
using statekit::fail;
using statekit::Result;

namespace {

void put(const LockInfo& info, v2alpha1::WorkspaceLockInfo& out) {
  out.set_id(info.id);
  out.set_operation(info.operation);
  out.set_info(info.info);
  out.set_who(info.who);
  out.set_version(info.version);
  out.set_created(info.created);
  out.set_path(info.path);
}

LockInfo taken(const v2alpha1::WorkspaceLockInfo& in) {
  return {in.id(), in.operation(), in.info(), in.who(), in.version(), in.created(), in.path()};
}

struct Encode {
  v2alpha1::WorkspaceEvent out = {};

  void operator()(const Locked& event) {
    put(event.info, *out.mutable_locked()->mutable_info());
    out.mutable_locked()->set_ttl_ms(event.ttl_ms);
  }
  void operator()(const LockRenewed& event) {
    out.mutable_lock_renewed()->set_id(event.id);
    out.mutable_lock_renewed()->set_ttl_ms(event.ttl_ms);
  }
  void operator()(const LockReleased& event) {
    out.mutable_lock_released()->set_id(event.id);
    out.mutable_lock_released()->set_forced(event.forced);
  }
  void operator()(const LockLapsed& event) { out.mutable_lock_lapsed()->set_id(event.id); }
  void operator()(const PartStored& event) {
    auto& part = *out.mutable_part_stored();
    part.set_upload(event.upload);
    part.set_index(event.index);
    part.set_body(event.body);
  }
  void operator()(const Written& event) {
    auto& written = *out.mutable_written();
    written.set_number(event.number);
    written.set_oldest_kept(event.oldest_kept);
    written.set_upload(event.upload);
    written.set_body(event.body);
    written.set_octets(event.octets);
    written.set_sha256(statekit::to_bytes(event.sha256));
    written.set_lock_id(event.lock_id);
    written.set_restored_from(event.restored_from);
  }
  void operator()(const Removed& event) {
    out.mutable_removed()->set_number(event.number);
    out.mutable_removed()->set_oldest_kept(event.oldest_kept);
    out.mutable_removed()->set_lock_id(event.lock_id);
  }
  void operator()(const Sealed&) { out.mutable_sealed(); }
};

Result<Event> taken(const v2alpha1::WorkspaceWritten& in) {
  Written event{in.number(), in.oldest_kept(), in.upload(),       in.body(), in.octets(),
                {},          in.lock_id(),     in.restored_from()};
  if (!statekit::from_bytes(in.sha256(), event.sha256))
    return fail(Code::data_loss, "a version whose digest is not 32 octets long");
  return event;
}

void put(const Version& version, v2alpha1::WorkspaceVersion& out) {
  out.set_number(version.number);
  out.set_removed(version.removed);
  out.set_octets(version.octets);
  out.set_sha256(statekit::to_bytes(version.sha256));
  out.set_written_ms(version.written_ms);
  out.set_author(version.author);
  out.set_lock_id(version.lock_id);
  out.set_restored_from(version.restored_from);
  for (const Part& part : version.parts) {
    auto& each = *out.add_parts();
    each.set_revision(part.revision);
    each.set_octets(part.octets);
  }
}

template <class Parts>
std::vector<Part> taken_parts(const Parts& in) {
  std::vector<Part> out;
  for (const auto& part : in) out.push_back({part.revision(), part.octets()});
  return out;
}

Result<Version> taken(const v2alpha1::WorkspaceVersion& in) {
  Version version{
      in.number(), in.removed(), in.octets(),       {}, taken_parts(in.parts()), in.written_ms(),
      in.author(), in.lock_id(), in.restored_from()};
  if (!statekit::from_bytes(in.sha256(), version.sha256))
    return fail(Code::data_loss, "a version whose digest is not 32 octets long");
  return version;
}

}  // namespace

Bytes WorkspaceCodec::encode(const Event& event) {
  Encode encode;
  std::visit(encode, event);
  return encode.out.SerializeAsString();
}

Result<Event> WorkspaceCodec::decode_event(BytesView bytes) {
  const auto message = parsed<v2alpha1::WorkspaceEvent>(bytes, "event of a workspace");
  if (!message) return fail(message.error());
  switch (message->kind_case()) {
    case v2alpha1::WorkspaceEvent::kLocked:
      return Locked{taken(message->locked().info()), message->locked().ttl_ms()};
    case v2alpha1::WorkspaceEvent::kLockRenewed:
      return LockRenewed{message->lock_renewed().id(), message->lock_renewed().ttl_ms()};
    case v2alpha1::WorkspaceEvent::kLockReleased:
      return LockReleased{message->lock_released().id(), message->lock_released().forced()};
    case v2alpha1::WorkspaceEvent::kLockLapsed: return LockLapsed{message->lock_lapsed().id()};
    case v2alpha1::WorkspaceEvent::kPartStored:
      return PartStored{message->part_stored().upload(), message->part_stored().index(),
                        message->part_stored().body()};
    case v2alpha1::WorkspaceEvent::kWritten: return taken(message->written());
    case v2alpha1::WorkspaceEvent::kRemoved:
      return Removed{message->removed().number(), message->removed().oldest_kept(),
                     message->removed().lock_id()};
    case v2alpha1::WorkspaceEvent::kSealed: return Sealed{};
    case v2alpha1::WorkspaceEvent::KIND_NOT_SET: break;
  }
  return fail(Code::unimplemented, "an event of a kind that this binary does not know: upgrade it");
}

Bytes WorkspaceCodec::encode_header(const CommitMeta& meta) {
  v2alpha1::CommitHeader header;
  header.set_format(format_written);
  header.set_readable_from(format_written);
  header.set_revision(meta.revision);
  header.set_time_ms(meta.time_ms);
  header.set_author(meta.author);
  header.set_reason(meta.reason);
  return header.SerializeAsString();
}

Result<CommitMeta> WorkspaceCodec::decode_header(BytesView bytes) {
  const auto header = parsed<v2alpha1::CommitHeader>(bytes, "header of a commit");
  if (!header) return fail(header.error());
  if (auto known = check_format(*header, "a commit"); !known) return fail(known.error());
  return CommitMeta{header->revision(), header->time_ms(), header->author(), header->reason()};
}

std::vector<Bytes> WorkspaceCodec::encode_snapshot(const WorkspaceSnapshot& snapshot) {
  v2alpha1::WorkspaceSnapshot out;
  out.set_format(format_written);
  out.set_readable_from(format_written);
  out.set_revision(snapshot.revision);
  out.set_sealed(snapshot.sealed);
  if (snapshot.lock) {
    auto& lock = *out.mutable_lock();
    put(snapshot.lock->info, *lock.mutable_info());
    lock.set_revision(snapshot.lock->revision);
    lock.set_taken_ms(snapshot.lock->taken_ms);
    lock.set_ttl_ms(snapshot.lock->ttl_ms);
  }
  for (const Version& version : snapshot.versions) put(version, *out.add_versions());
  for (const Upload& upload : snapshot.uploads) {
    auto& each = *out.add_uploads();
    each.set_name(upload.name);
    for (const Part& part : upload.parts) {
      each.add_parts()->set_revision(part.revision);
      each.mutable_parts(each.parts_size() - 1)->set_octets(part.octets);
    }
  }
  for (const AuditLine& line : snapshot.audit) {
    auto& each = *out.add_audit();
    each.set_revision(line.revision);
    each.set_time_ms(line.time_ms);
    each.set_author(line.author);
    each.set_action(line.action);
    each.set_detail(line.detail);
  }
  return in_parts(out);
}

Result<WorkspaceSnapshot> WorkspaceCodec::decode_snapshot(const std::vector<Bytes>& parts) {
  const auto in = from_parts<v2alpha1::WorkspaceSnapshot>(parts, "snapshot of a workspace");
  if (!in) return fail(in.error());
  WorkspaceSnapshot out;
  out.revision = in->revision();
  out.sealed = in->sealed();
  if (in->has_lock())
    out.lock = Lock{taken(in->lock().info()), in->lock().revision(), in->lock().taken_ms(),
                    in->lock().ttl_ms()};
  for (const auto& each : in->versions()) {
    auto version = taken(each);
    if (!version) return fail(version.error());
    out.versions.push_back(std::move(*version));
  }
  for (const auto& each : in->uploads())
    out.uploads.push_back({each.name(), taken_parts(each.parts())});
  for (const auto& each : in->audit())
    out.audit.push_back(
        {each.revision(), each.time_ms(), each.author(), each.action(), each.detail()});
  return out;
}

}  // namespace millrace::workspace
