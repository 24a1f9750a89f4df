// Which resource of the state protocol a path names. Pure functions; any path gives an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/schema/workspace/commands.hpp"
#include "statekit/result.hpp"

namespace millrace::workspace {

enum class Resource {
  workspaces,         // /v1/workspaces
  locks,              // /v1/locks
  workspace,          // /v1/workspaces/NAME
  state,              // /v1/workspaces/NAME/state, and /v1/state for the default one
  lock,               // /v1/workspaces/NAME/lock, and /v1/lock: for those who cannot send LOCK
  versions,           // /v1/workspaces/NAME/versions
  version,            // /v1/workspaces/NAME/versions/N
  restore,            // /v1/workspaces/NAME/versions/N/restore
  audit,              // /v1/workspaces/NAME/audit
  journal,            // /v1/workspaces/NAME/journal: docs/http-journal.md, as are those that follow
  journal_entries,    // .../journal/entries
  journal_snapshots,  // .../journal/snapshots
  journal_snapshot,   // .../journal/snapshots/N
  journal_compact,    // .../journal/compact
  journal_filled,     // .../journal/filled
};

inline constexpr std::string_view default_workspace = "default";

struct Route {
  Resource resource = Resource::state;
  std::string workspace;
  std::uint64_t number = 0;
};

inline bool is_of_journal(Resource resource) { return resource >= Resource::journal; }

// `path` as sent, percent-encoded. NotFound when there is no such resource; InvalidArgument for a
// name that no workspace can have.
statekit::Result<Route> parse_route(std::string_view path);

// What a query may say: ID, ttl (seconds), force. InvalidArgument names the fault; what is not
// known is ignored.
struct Query {
  std::string id;
  std::optional<std::int64_t> ttl_ms;
  bool force = false;
};
statekit::Result<Query> parse_query_of(std::string_view query);

// If-Match and If-None-Match. `*` is not among them.
std::vector<Etag> parse_etags(std::string_view text);

}  // namespace millrace::workspace
