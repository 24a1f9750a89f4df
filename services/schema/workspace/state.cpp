#include "services/schema/workspace/state.hpp"

#include <algorithm>
#include <utility>

#include "statekit/entry_hash.hpp"

namespace millrace::workspace {

using statekit::CommitMeta;

bool is_name(const std::string& text) {
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= name_bytes_max && alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

struct WorkspaceState::Fold {
  WorkspaceSnapshot& held;
  const CommitMeta& meta;

  void note(std::string action, std::string detail) {
    held.audit.push_back(
        {meta.revision, meta.time_ms, meta.author, std::move(action), std::move(detail)});
    if (held.audit.size() > audit_lines_max) held.audit.erase(held.audit.begin());
  }
  void add_version(Version version, std::uint64_t oldest_kept) {
    version.written_ms = meta.time_ms;
    version.author = meta.author;
    std::erase_if(held.versions, [&](const Version& each) { return each.number < oldest_kept; });
    held.versions.push_back(std::move(version));
  }

  void operator()(const Locked& event) {
    held.lock = Lock{event.info, meta.revision, meta.time_ms, event.ttl_ms};
    note("lock", event.info.id);
  }
  void operator()(const LockRenewed& event) {
    if (!held.lock || held.lock->info.id != event.id) return;
    held.lock->revision = meta.revision;
    held.lock->ttl_ms = event.ttl_ms;
  }
  void operator()(const LockReleased& event) {
    held.lock.reset();
    note(event.forced ? "force-unlock" : "unlock", event.id);
  }
  void operator()(const LockLapsed& event) {
    held.lock.reset();
    note("lapse", event.id);
  }
  void operator()(const PartStored& event) {
    auto upload = std::find_if(held.uploads.begin(), held.uploads.end(),
                               [&](const Upload& each) { return each.name == event.upload; });
    if (upload == held.uploads.end()) {
      if (held.uploads.size() >= uploads_max) held.uploads.erase(held.uploads.begin());
      held.uploads.push_back({event.upload, {}});
      upload = held.uploads.end() - 1;
    }
    upload->parts.push_back({meta.revision, event.body.size()});
  }
  void operator()(const Written& event) {
    Version version{event.number, false,         event.octets,       event.sha256, {}, 0,
                    {},           event.lock_id, event.restored_from};
    if (!event.upload.empty()) {
      const auto upload =
          std::find_if(held.uploads.begin(), held.uploads.end(),
                       [&](const Upload& each) { return each.name == event.upload; });
      if (upload != held.uploads.end()) {
        version.parts = std::move(upload->parts);
        held.uploads.erase(upload);
      }
    } else if (event.restored_from != 0) {
      for (const Version& each : held.versions)
        if (each.number == event.restored_from) version.parts = each.parts;
    } else {
      version.parts = {{meta.revision, event.octets}};
    }
    add_version(std::move(version), event.oldest_kept);
    note(event.restored_from != 0 ? "restore" : "write", "version " + std::to_string(event.number));
  }
  void operator()(const Removed& event) {
    add_version({event.number, true, 0, {}, {}, 0, {}, event.lock_id, 0}, event.oldest_kept);
    note("delete", "version " + std::to_string(event.number));
  }
  void operator()(const Sealed&) {
    held.lock.reset();
    held.versions.clear();
    held.uploads.clear();
    held.sealed = true;
    note("seal", {});
  }
};

void WorkspaceState::apply(const statekit::Commit<Event>& commit) {
  held_.revision = commit.meta.revision;
  for (const Event& event : commit.events) std::visit(Fold{held_, commit.meta}, event);
}

std::uint64_t WorkspaceState::digest() const {
  std::uint64_t sum = held_.sealed ? 1 : 0;
  if (held_.lock)
    sum += statekit::EntryHash()
               .add("lock")
               .add(held_.lock->info.id)
               .add(held_.lock->revision)
               .value();
  for (const Version& version : held_.versions) {
    statekit::EntryHash hash;
    hash.add("version").add(version.number).add(std::uint64_t{version.removed});
    hash.add(statekit::to_bytes(version.sha256)).add(version.octets);
    for (const Part& part : version.parts) hash.add(part.revision).add(part.octets);
    sum += hash.value();
  }
  for (const Upload& upload : held_.uploads)
    sum += statekit::EntryHash().add("upload").add(upload.name).add(upload.parts.size()).value();
  return sum;
}

const Version* WorkspaceState::newest() const {
  return held_.versions.empty() ? nullptr : &held_.versions.back();
}

const Version* WorkspaceState::current() const {
  const Version* last = newest();
  return last != nullptr && !last->removed ? last : nullptr;
}

const Version* WorkspaceState::version(std::uint64_t number) const {
  for (const Version& each : held_.versions)
    if (each.number == number) return &each;
  return nullptr;
}

const Upload* WorkspaceState::upload(const std::string& name) const {
  for (const Upload& each : held_.uploads)
    if (each.name == name) return &each;
  return nullptr;
}

std::uint64_t WorkspaceState::octets() const {
  std::uint64_t sum = 0;
  for (const Version& each : held_.versions) sum += each.octets;
  return sum;
}

Revision WorkspaceState::unneeded() const {
  Revision oldest = held_.revision + 1;
  const auto need = [&](const std::vector<Part>& parts) {
    for (const Part& part : parts) oldest = std::min(oldest, part.revision);
  };
  for (const Version& each : held_.versions) need(each.parts);
  for (const Upload& each : held_.uploads) need(each.parts);
  return oldest - 1;
}

}  // namespace millrace::workspace
