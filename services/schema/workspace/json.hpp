// The JSON of the state protocol: LockInfo as Terraform and OpenTofu send it, and what is answered.
// Pure functions; hostile text gives an Error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/schema/workspace/keeper.hpp"

namespace millrace::workspace {

// {ID, Operation, Info, Who, Version, Created, Path}: text each, all but ID may be left out; what
// is not known is ignored. InvalidArgument says what is wrong.
statekit::Result<LockInfo> parse_lock_info(std::string_view text);

// The same, for who finds the lock held. `Created` is always a time that a client can read.
std::string lock_info_json(const Lock& lock);

// "5-12": version 12 of the workspace with id 5, without quotation marks.
std::string etag_text(Revision workspace, std::uint64_t number);

std::string names_json(const std::map<std::string, CatalogueEntry>& names);
std::string workspace_json(const std::string& name, const View& view);
std::string versions_json(const View& view);
std::string version_json(const View& view, const Version& version);
std::string audit_json(const View& view);

struct HeldLock {
  std::string workspace;
  Lock lock;
  std::int64_t seen_ms = 0;
};
std::string locks_json(const std::vector<HeldLock>& locks);

}  // namespace millrace::workspace
