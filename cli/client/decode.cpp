#include "cli/client/decode_pb.hpp"

#include <google/protobuf/util/json_util.h>

#include "schema/change_codec_pb.hpp"
#include "schema/codec_pb.hpp"

namespace millrace::cli {

using statekit::Result;

namespace {

std::vector<std::string> strings(const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
}

// All of a repeated field, or the first error.
template <class Value, class Messages>
statekit::Status decode_all(const Messages& messages, std::vector<Value>& values) {
  for (const auto& message : messages) {
    auto value = schema::from_proto(message);
    if (!value) return statekit::fail(statekit::within("the answer", value.error()));
    values.push_back(std::move(*value));
  }
  return {};
}

template <class Message>
Result<DeploymentsReport> decode_deployments(const Message& message, DeploymentsReport report) {
  if (auto status = decode_all(message.endpoints(), report.endpoints); !status) {
    return statekit::fail(status.error());
  }
  report.position = decode(message.position());
  return report;
}

template <class Message>
Result<ChangesetReport> decode_changeset(const Message& message) {
  auto changeset = schema::from_proto(message.changeset());
  if (!changeset) return statekit::fail(statekit::within("the answer", changeset.error()));
  return ChangesetReport{std::move(*changeset), {}, decode(message.position())};
}

}  // namespace

statekit::Position decode(const v2alpha1::Position& message) {
  statekit::Position position{message.incarnation(), message.revision(), {}};
  statekit::from_bytes(message.digest(), position.digest);
  return position;
}

FollowerReport decode(const v2alpha1::FollowerStatus& message) {
  return {message.kind(),        message.instance(), message.revision(), message.lag(),
          message.seen_ms_ago(), message.live(),     message.diverged()};
}

Pong decode(const v2alpha1::PingResponse& message) {
  return {message.ready(), strings(message.reasons()), message.version()};
}

StatusReport decode(const v2alpha1::GetStatusResponse& message) {
  StatusReport report;
  report.head = decode(message.head());
  for (const auto& follower : message.followers()) report.followers.push_back(decode(follower));
  report.version = message.version();
  report.feature_level = message.feature_level();
  report.storage = message.storage();
  report.snapshot_revision = message.snapshot_revision();
  report.oldest_revision = message.oldest_revision();
  report.ready = message.ready();
  report.reasons = strings(message.reasons());
  report.warnings = strings(message.warnings());
  for (const auto& each : message.replicas())
    report.replicas.push_back({each.id(), each.address(), each.revision(), each.writer(),
                               each.asked(), each.endpoints(), each.followers(), each.since_ms(),
                               !each.has_ready() ? "unknown"
                               : each.ready()    ? "ready"
                                                 : "not-ready",
                               strings(each.reasons())});
  return report;
}

HistoryReport decode(const v2alpha1::GetHistoryResponse& message) {
  HistoryReport report{{},
                       decode(message.position()),
                       message.next_before_revision(),
                       message.oldest_revision(),
                       message.cut()};
  for (const auto& entry : message.entries()) {
    report.entries.push_back({entry.revision(), entry.time_ms(), entry.author(), entry.reason(),
                              strings(entry.changes()), strings(entry.modules())});
  }
  return report;
}

PlannedChange decode(const v2alpha1::PlannedChange& message) {
  PlannedChange change{
      message.place(),  message.kind(),  message.direction(), message.breaking(), message.rule(),
      message.before(), message.after(), message.what(),      message.why(),      {}};
  for (const auto& hit : message.hits())
    change.hits.push_back({hit.kind(), hit.caller(), hit.used(), hit.breaks()});
  return change;
}

DeployAnswer decode(const v2alpha1::CreateChangesetResponse& message) {
  DeployAnswer answer;
  answer.changeset = message.changeset();
  answer.plan = strings(message.plan());
  answer.position = decode(message.position());
  for (const auto& change : message.changes()) answer.changes.push_back(decode(change));
  answer.breaks = strings(message.breaks());
  for (const auto& deployed : message.deployments()) {
    answer.deployments.push_back({deployed.module(), deployed.deployment(), deployed.joined()});
  }
  return answer;
}

Result<SchemaReport> decode(const v2alpha1::GetSchemaResponse& message) {
  auto schema = schema::from_proto(message.schema());
  if (!schema) return statekit::fail(statekit::within("the answer", schema.error()));
  SchemaReport report{std::move(*schema), decode(message.position()), {}};
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  (void)google::protobuf::util::MessageToJsonString(message.schema(), &report.json, options);
  return report;
}

Result<DeploymentsReport> decode(const v2alpha1::GetDeploymentsResponse& message) {
  DeploymentsReport report;
  if (auto status = decode_all(message.deployments(), report.deployments); !status) {
    return statekit::fail(status.error());
  }
  return decode_deployments(message, std::move(report));
}

Result<DeploymentsReport> decode(const v2alpha1::GetDeploymentResponse& message) {
  auto deployment = schema::from_proto(message.deployment());
  if (!deployment) return statekit::fail(statekit::within("the answer", deployment.error()));
  DeploymentsReport report;
  report.deployments.push_back(std::move(*deployment));
  return decode_deployments(message, std::move(report));
}

Result<ChangesetReport> decode(const v2alpha1::GetChangesetResponse& message) {
  auto report = decode_changeset(message);
  if (!report) return report;
  for (const auto& follower : message.followers()) report->followers.push_back(decode(follower));
  return report;
}

Result<ChangesetReport> decode(const v2alpha1::ChangesetResponse& message) {
  return decode_changeset(message);
}

Result<ChangesetList> decode(const v2alpha1::ListChangesetsResponse& message) {
  ChangesetList list{{}, decode(message.position())};
  if (auto status = decode_all(message.changesets(), list.changesets); !status) {
    return statekit::fail(status.error());
  }
  return list;
}

v2alpha1::WriteOptions encode(const Write& write) {
  v2alpha1::WriteOptions message;
  message.set_author(write.author);
  message.set_reason(write.reason);
  message.set_token(write.token);
  return message;
}

namespace {

template <class Message>
void fill(Message& message, const ChangesetOrder& order) {
  *message.mutable_write() = encode(order.write);
  message.set_hold(order.hold);
  message.set_canary_percent(order.canary_percent);
  message.set_deadline_ms(order.deadline_ms);
  message.set_drain_ms_max(order.drain_ms_max);
  message.set_allow_breaking(order.allow_breaking);
  for (const std::string& line : order.accepted_breaks) message.add_accepted_breaks(line);
}

}  // namespace

v2alpha1::CreateChangesetRequest encode(const DeployOrder& order) {
  v2alpha1::CreateChangesetRequest message;
  fill(message, order);
  for (const ModuleOrder& each : order.modules) {
    auto* module = message.add_modules();
    *module->mutable_schema() = schema::to_proto(each.module);
    module->set_build(each.build);
    module->set_replicas(each.replicas);
    module->set_fixed_endpoint(each.fixed_endpoint);
  }
  for (const std::string& name : order.removed_modules) message.add_removed_modules(name);
  message.set_plan(order.plan);
  message.set_redeploy(order.redeploy);
  return message;
}

v2alpha1::RollbackToRequest encode(const RollbackOrder& order) {
  v2alpha1::RollbackToRequest message;
  fill(message, order);
  message.set_revision(order.revision);
  return message;
}

}  // namespace millrace::cli
