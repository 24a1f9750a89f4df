// The console's answers as JSON (protos/v2alpha1/console.proto, protobuf's JSON mapping), made from
// its state and from timeline events. Called by service and server. Free functions, thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/console/state.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::console {

// Another follower of the feed, as the schema service last told it.
struct FollowerView {
  std::string kind;
  std::string instance;
  Revision revision = 0;
  Revision lag = 0;
  std::int64_t seen_ms_ago = 0;
  bool live = false;
  bool diverged = false;
};

// A schema service on this journal, as one of them last told it.
struct ReplicaView {
  std::string id;
  std::string address;
  WallMs since_ms = 0;  // 0: it does not tell
  bool writer = false;
  bool asked = false;
  Revision revision = 0;
  std::string state = "unknown";  // "ready", "not-ready"
  std::vector<std::string> reasons;
  std::uint32_t endpoints = 0;
  std::uint32_t followers = 0;
};

// How far the console has come, and what it knows of the others.
struct StatusView {
  std::string version;
  WallMs server_time_ms = 0;
  std::string feed_state = "empty";  // "live", "stale"
  std::string feed_reason;
  std::string incarnation;
  Revision revision = 0;
  Revision head = 0;
  WallMs commit_time_ms = 0;
  std::vector<FollowerView> followers;
  std::string followers_error;
  std::string timeline_error;
  std::string storage;
  std::vector<ReplicaView> replicas;
};

// The commit that made the system what it was at a revision.
struct PastView {
  Revision revision = 0;
  WallMs time_ms = 0;
  std::string author;  // empty, as the rest: the commit itself is no longer kept
  std::string reason;
  std::vector<std::string> changes;
};

// The part of an overview that changes with the state only, so that it can be kept for many
// readers. `ended_max`: how many ended changesets to show.
std::string system_json(const ConsoleState& state, std::size_t ended_max);
// `system`: what system_json gave.
std::string overview_json(const std::string& system, const StatusView& status);
// Of the past; `status` is the present one, without what it tells of the state and of others.
std::string past_json(const std::string& system, StatusView status, const PastView& past);
std::string status_json(const StatusView& status);
// Nothing: no such module.
std::optional<std::string> module_json(const ConsoleState& state, std::string_view name);
// `replace`: the page forgets what it has, since events in between are no longer kept.
std::string activity_json(const std::vector<statekit::TimelineEvent>& newest_first, bool replace,
                          std::uint64_t dropped);

}  // namespace millrace::console
