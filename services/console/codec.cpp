#include "services/console/codec.hpp"

#include <google/protobuf/util/json_util.h>
#include <algorithm>

#include "services/console/codec_module.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/console.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;

std::string json_of(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  statekit::check(status.ok(), "the console's answers can be written as JSON");
  return text;
}

void fill(const FollowerView& follower, pb::ConsoleFollower& out) {
  out.set_kind(follower.kind);
  out.set_instance(follower.instance);
  out.set_revision(follower.revision);
  out.set_lag(follower.lag);
  out.set_seen_ms_ago(follower.seen_ms_ago);
  out.set_live(follower.live);
  out.set_diverged(follower.diverged);
}

void fill(const ReplicaView& replica, Revision head, pb::ConsoleReplica& out) {
  out.set_id(replica.id);
  out.set_address(replica.address);
  out.set_since_ms(replica.since_ms);
  out.set_writer(replica.writer);
  out.set_asked(replica.asked);
  out.set_revision(replica.revision);
  out.set_lag(head > replica.revision ? head - replica.revision : 0);
  out.set_state(replica.state);
  for (const std::string& reason : replica.reasons) out.add_reasons(reason);
  out.set_endpoints(replica.endpoints);
  out.set_followers(replica.followers);
}

void fill(const StatusView& status, pb::ConsoleStatus& out) {
  out.set_version(status.version);
  out.set_server_time_ms(status.server_time_ms);
  pb::ConsoleFeed& feed = *out.mutable_feed();
  feed.set_state(status.feed_state);
  feed.set_reason(status.feed_reason);
  feed.set_incarnation(status.incarnation);
  feed.set_revision(status.revision);
  feed.set_head(status.head);
  feed.set_commit_time_ms(status.commit_time_ms);
  for (const FollowerView& follower : status.followers) fill(follower, *out.add_followers());
  out.set_followers_error(status.followers_error);
  out.set_timeline_error(status.timeline_error);
  out.set_storage(status.storage);
  for (const ReplicaView& replica : status.replicas)
    fill(replica, status.head, *out.add_replicas());
}

void fill(const ConsoleState& state, const schema::Deployment& deployment,
          pb::ConsoleDeployment& out) {
  out.set_key(deployment.key);
  out.set_module(deployment.module());
  out.set_build(deployment.build);
  out.set_phase(std::string(schema::name_of(deployment.phase)));
  out.set_changeset(deployment.changeset);
  out.set_replicas(deployment.replicas);
  out.set_created_revision(deployment.created_revision);
  for (const schema::Endpoint* endpoint : state.endpoints_of(deployment.key)) {
    pb::ConsoleEndpoint& entry = *out.add_endpoints();
    entry.set_id(endpoint->id);
    entry.set_address(endpoint->address);
    entry.set_instance(endpoint->instance);
    entry.set_leased(endpoint->leased);
    entry.set_healthy(endpoint->healthy);
    entry.set_registered_revision(endpoint->registered_revision);
  }
}

void fill_deployments(const ConsoleState& state, pb::ConsoleOverview& out) {
  const auto canonical = [](const schema::Deployment& deployment) {
    return deployment.phase == schema::DeploymentPhase::canonical;
  };
  for (const auto& [key, deployment] : state.deployments())
    if (canonical(deployment)) fill(state, deployment, *out.add_deployments());
  for (const auto& [key, deployment] : state.deployments())
    if (!canonical(deployment)) fill(state, deployment, *out.add_deployments());
}

void fill(const ConsoleState& state, const schema::Changeset& changeset,
          pb::ConsoleChangeset& out) {
  out.set_key(changeset.key);
  out.set_phase(std::string(schema::name_of(changeset.phase)));
  out.set_active(schema::is_active(changeset.phase));
  for (const std::string& module : state.modules_of(changeset)) out.add_modules(module);
  for (const std::string& module : changeset.removed_modules) out.add_removed_modules(module);
  out.set_author(changeset.author);
  out.set_reason(changeset.reason);
  out.set_failure(changeset.failure);
  out.set_hold(changeset.hold);
  out.set_canary_percent(changeset.canary_percent);
  out.set_deadline_ms(changeset.deadline_ms);
  out.set_created_ms(changeset.created_ms);
  out.set_created_revision(changeset.created_revision);
  out.set_phase_revision(changeset.phase_revision);
}

void fill_changesets(const ConsoleState& state, std::size_t ended_max, pb::ConsoleOverview& out) {
  std::size_t ended = 0;
  for (const schema::Changeset* changeset : state.newest_changesets()) {
    if (!schema::is_active(changeset->phase) && ++ended > ended_max) continue;
    fill(state, *changeset, *out.add_changesets());
  }
}

}  // namespace

std::string system_json(const ConsoleState& state, std::size_t ended_max) {
  pb::ConsoleOverview overview;
  for (const ModuleEntry& module : state.modules()) fill(module, *overview.add_modules());
  fill_deployments(state, overview);
  fill_changesets(state, ended_max, overview);
  return json_of(overview);
}

std::string overview_json(const std::string& system, const StatusView& status) {
  return "{\"status\":" + status_json(status) + "," + system.substr(1);
}

std::string past_json(const std::string& system, StatusView status, const PastView& past) {
  status.revision = past.revision;
  status.commit_time_ms = past.time_ms;
  status.head = std::max(status.head, past.revision);
  status.followers.clear();
  status.replicas.clear();
  pb::ConsolePast message;
  message.set_revision(past.revision);
  message.set_time_ms(past.time_ms);
  message.set_author(past.author);
  message.set_reason(past.reason);
  for (const std::string& change : past.changes) message.add_changes(change);
  const std::string present = overview_json(system, status);
  return "{\"past\":" + json_of(message) + "," + present.substr(1);
}

std::string status_json(const StatusView& status) {
  pb::ConsoleStatus message;
  fill(status, message);
  return json_of(message);
}

std::optional<std::string> module_json(const ConsoleState& state, std::string_view name) {
  for (const ModuleEntry& module : state.modules()) {
    if (module.deployment->module() != name) continue;
    pb::ConsoleModuleDetail detail;
    fill(module, *detail.mutable_module());
    detail.set_schema(schema_text(*module.deployment->schema));
    fill_values(state, *module.deployment->schema, detail);
    return json_of(detail);
  }
  return std::nullopt;
}

std::string activity_json(const std::vector<statekit::TimelineEvent>& newest_first, bool replace,
                          std::uint64_t dropped) {
  pb::ConsoleActivity activity;
  for (const statekit::TimelineEvent& event : newest_first) fill(event, *activity.add_events());
  activity.set_replace(replace);
  activity.set_dropped(dropped);
  return json_of(activity);
}

}  // namespace millrace::console
