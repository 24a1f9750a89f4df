// WorkspaceState: what the commits of one workspace's journal fold into. Bodies stay in the
// journal; the state knows where. Driven by a MachineCore (workspace/keeper.hpp). Pure, free of
// threads.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "services/schema/workspace/model.hpp"
#include "statekit/state.hpp"

namespace millrace::workspace {

struct Upload {
  std::string name;
  std::vector<Part> parts;
  bool operator==(const Upload&) const = default;
};

struct WorkspaceSnapshot {
  Revision revision = 0;
  std::optional<Lock> lock;
  std::vector<Version> versions;  // oldest first
  std::vector<Upload> uploads;    // oldest first
  std::vector<AuditLine> audit;   // oldest first
  bool sealed = false;
  bool operator==(const WorkspaceSnapshot&) const = default;
};

class WorkspaceState {
 public:
  using Event = workspace::Event;
  using Snapshot = WorkspaceSnapshot;

  void apply(const statekit::Commit<Event>& commit);
  void restore(const WorkspaceSnapshot& snapshot) { held_ = snapshot; }
  WorkspaceSnapshot snapshot() const { return held_; }
  Revision revision() const { return held_.revision; }
  std::uint64_t digest() const;
  bool operator==(const WorkspaceState&) const = default;

  const std::optional<Lock>& lock() const { return held_.lock; }
  bool sealed() const { return held_.sealed; }
  // The newest version, removed or not; null when nothing was ever written.
  const Version* newest() const;
  // The newest version where it has a body, else null.
  const Version* current() const;
  const Version* version(std::uint64_t number) const;
  const std::vector<Version>& versions() const { return held_.versions; }
  const Upload* upload(const std::string& name) const;
  const std::vector<AuditLine>& audit() const { return held_.audit; }
  std::uint64_t octets() const;  // of all kept versions
  // Everything up to here may be compacted: no version that is kept needs it.
  Revision unneeded() const;

 private:
  struct Fold;  // one event, state.cpp

  WorkspaceSnapshot held_;
};

}  // namespace millrace::workspace
