// The catalogue: which workspaces there are. The journal of one is named by the id that it has
// here, the revision at which its name was entered; a name that is dropped and entered again has a
// new one. Pure; driven by a MachineCore (keeper.hpp), free of threads.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "services/schema/workspace/model.hpp"
#include "statekit/machine_parts.hpp"
#include "statekit/state.hpp"

namespace millrace::workspace {

struct NameEntered {
  std::string name;
  bool operator==(const NameEntered&) const = default;
};
struct NameDropped {
  std::string name;
  Revision id = 0;
  bool operator==(const NameDropped&) const = default;
};
using CatalogueEvent = std::variant<NameEntered, NameDropped>;

struct CatalogueEntry {
  Revision id = 0;
  WallMs entered_ms = 0;
  bool operator==(const CatalogueEntry&) const = default;
};

struct CatalogueSnapshot {
  Revision revision = 0;
  std::map<std::string, CatalogueEntry> names;
  bool operator==(const CatalogueSnapshot&) const = default;
};

class CatalogueState {
 public:
  using Event = CatalogueEvent;
  using Snapshot = CatalogueSnapshot;

  void apply(const statekit::Commit<Event>& commit);
  void restore(const CatalogueSnapshot& snapshot) { held_ = snapshot; }
  CatalogueSnapshot snapshot() const { return held_; }
  Revision revision() const { return held_.revision; }
  std::uint64_t digest() const;
  bool operator==(const CatalogueState&) const = default;

  // 0: there is none of that name.
  Revision id_of(const std::string& name) const;
  const std::map<std::string, CatalogueEntry>& names() const { return held_.names; }

 private:
  CatalogueSnapshot held_;
};

struct EnterName {
  std::string name;
  std::size_t names_max = 1'000;
};
// Nothing when the name has another id meanwhile.
struct DropName {
  std::string name;
  Revision id = 0;
};
using CatalogueCommand = std::variant<EnterName, DropName>;

statekit::Result<statekit::Decision<CatalogueEvent>> decide(const CatalogueState& state,
                                                            const statekit::CommandMeta& meta,
                                                            const CatalogueCommand& command);

}  // namespace millrace::workspace
