#include "services/schema/codec.hpp"

#include <algorithm>
#include <utility>

#include "schema/change_codec_pb.hpp"
#include "schema/codec_pb.hpp"
#include "schema/resolve.hpp"
#include "services/schema/codec_write_pb.hpp"
#include "statekit/io/ids.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;
using statekit::within;

namespace {

constexpr std::size_t key_characters = 10;

// http://host:port, or host:port as it is.
Result<std::string> address_from(const std::string& module, std::string url) {
  constexpr std::string_view scheme = "http://";
  if (url.starts_with(scheme)) url.erase(0, scheme.size());
  while (url.ends_with('/')) url.pop_back();
  const Offer offer{"fixed", url, "fixed", false};
  if (url.find("://") == std::string::npos && url.find('/') == std::string::npos &&
      check_offer(offer))
    return url;
  return fail(Code::invalid_argument, "the fixed endpoint of " + module +
                                          " must be host:port or http://host:port, not `" + url +
                                          "`");
}

Result<NewModule> module_from(const v2alpha1::ModuleToDeploy& message) {
  Result<schema::Module> module = schema::from_proto(message.schema());
  if (!module) {
    statekit::Error error = within("reading module " + message.schema().name(), module.error());
    error.code = Code::invalid_argument;
    return fail(std::move(error));
  }
  if (module->builtin)
    return fail(Code::invalid_argument,
                "module " + module->name + " says it is builtin: that one is always there");
  schema::resolve(*module);
  NewModule out;
  out.digest = schema::module_digest(*module);
  out.build = message.build();
  out.replicas = message.replicas() == 0 ? 1 : message.replicas();
  out.deployment = "dpl-" + module->name + "-" + statekit::random_base36(key_characters);
  if (!message.fixed_endpoint().empty()) {
    out.endpoint = "ept-" + statekit::random_base36(key_characters);
    Result<std::string> address = address_from(module->name, message.fixed_endpoint());
    if (!address) return fail(std::move(address.error()));
    out.fixed_endpoint = std::move(*address);
  }
  out.schema = std::make_shared<const schema::Module>(std::move(*module));
  return out;
}

v2alpha1::RegisterEndpointResponse::Directive to_proto(Directive directive) {
  switch (directive) {
    case Directive::serve: return v2alpha1::RegisterEndpointResponse::DIRECTIVE_SERVE;
    case Directive::drain: return v2alpha1::RegisterEndpointResponse::DIRECTIVE_DRAIN;
    case Directive::stop: break;
  }
  return v2alpha1::RegisterEndpointResponse::DIRECTIVE_STOP;
}

void add(v2alpha1::CreateChangesetResponse& response, const std::vector<DeploymentOf>& all) {
  for (const DeploymentOf& one : all) {
    v2alpha1::DeploymentOf& out = *response.add_deployments();
    out.set_module(one.module);
    out.set_deployment(one.deployment);
    out.set_joined(one.joined);
  }
}

}  // namespace

Result<CommandMeta> meta_of(const v2alpha1::WriteOptions& write, const std::string& hashed,
                            statekit::WallMs now_ms) {
  if (write.author().size() > text_bytes_max || write.reason().size() > text_bytes_max ||
      write.token().size() > text_bytes_max)
    return fail(Code::invalid_argument, "author, reason and token have at most " +
                                            std::to_string(text_bytes_max) + " octets each");
  CommandMeta meta;
  if (!write.author().empty()) meta.principal = write.author();
  meta.reason = write.reason();
  meta.now_ms = now_ms;
  meta.token = write.token();
  meta.request_hash = statekit::sha256(hashed);
  return meta;
}

Result<CreateChangeset> command_from(const v2alpha1::CreateChangesetRequest& request) {
  CreateChangeset command;
  command.key = "chs-" + statekit::random_base36(key_characters);
  if (static_cast<std::size_t>(request.modules_size()) > changeset_modules_max)
    return fail(Code::invalid_argument,
                "a changeset has at most " + std::to_string(changeset_modules_max) + " modules");
  for (const v2alpha1::ModuleToDeploy& message : request.modules()) {
    Result<NewModule> module = module_from(message);
    if (!module) return fail(std::move(module.error()));
    command.modules.push_back(std::move(*module));
  }
  command.removed_modules.assign(request.removed_modules().begin(),
                                 request.removed_modules().end());
  command.hold = request.hold();
  command.canary_percent = request.canary_percent();
  if (request.deadline_ms() != 0) command.deadline_ms = request.deadline_ms();
  if (request.drain_ms_max() != 0) command.drain_ms_max = request.drain_ms_max();
  command.allow_breaking = request.allow_breaking();
  command.accepted_breaks.assign(request.accepted_breaks().begin(),
                                 request.accepted_breaks().end());
  command.redeploy = request.redeploy();
  return command;
}

Result<CommandMeta> meta_from(const v2alpha1::CreateChangesetRequest& request,
                              statekit::WallMs now_ms) {
  return meta_of(request.write(), "CreateChangeset" + without_token(request), now_ms);
}

RollbackTo command_from(const v2alpha1::RollbackToRequest& request) {
  RollbackTo command;
  command.revision = request.revision();
  command.request.key = "chs-" + statekit::random_base36(key_characters);
  command.request.hold = request.hold();
  command.request.canary_percent = request.canary_percent();
  if (request.deadline_ms() != 0) command.request.deadline_ms = request.deadline_ms();
  if (request.drain_ms_max() != 0) command.request.drain_ms_max = request.drain_ms_max();
  command.request.allow_breaking = request.allow_breaking();
  command.request.accepted_breaks.assign(request.accepted_breaks().begin(),
                                         request.accepted_breaks().end());
  return command;
}

Result<CommandMeta> meta_from(const v2alpha1::RollbackToRequest& request, statekit::WallMs now_ms) {
  return meta_of(request.write(), "RollbackTo" + without_token(request), now_ms);
}

Result<CommandMeta> meta_from(const v2alpha1::ChangesetRequest& request, const std::string& method,
                              statekit::WallMs now_ms) {
  return meta_of(request.write(), method + without_token(request), now_ms);
}

Offer offer_from(const v2alpha1::RegisterEndpointRequest& request) {
  return {request.deployment(), request.address(), request.instance(), request.leaving()};
}

v2alpha1::Position to_proto(const statekit::Position& position) {
  v2alpha1::Position message;
  message.set_incarnation(position.incarnation);
  message.set_revision(position.revision);
  if (position.digest != statekit::Digest{})
    message.set_digest(statekit::to_bytes(position.digest));
  return message;
}

v2alpha1::RegisterEndpointResponse to_proto(const Advice& advice, std::int64_t lease_ms) {
  v2alpha1::RegisterEndpointResponse message;
  message.set_directive(to_proto(advice.directive));
  message.set_endpoint(advice.endpoint);
  message.set_lease_ms(lease_ms);
  message.set_reason(advice.reason);
  message.set_revision(advice.revision);
  return message;
}

v2alpha1::FollowerStatus to_proto(const statekit::FollowerRecord& record, statekit::MonoMs now) {
  v2alpha1::FollowerStatus message;
  message.set_kind(record.kind);
  message.set_instance(record.instance);
  message.set_revision(record.revision);
  message.set_lag(record.lag);
  message.set_seen_ms_ago(std::max<statekit::MonoMs>(0, now - record.seen_ms));
  message.set_live(record.live);
  message.set_journal_digest(statekit::to_bytes(record.journal_digest));
  if (record.state_digest_at != 0) message.set_state_digest(record.state_digest);
  message.set_state_digest_at(record.state_digest_at);
  message.set_diverged(record.diverged);
  message.set_feature_level(record.feature_level);
  std::uint64_t draining = 0;
  if (record.draining)
    for (const auto& [deployment, calls] : *record.draining) draining += calls;
  message.set_draining_calls(draining);
  return message;
}

void fill(v2alpha1::PlannedChange& message, const schema::Change& change,
          const std::vector<schema::Hit>& hits) {
  message.set_place(change.place);
  message.set_kind(std::string(name_of(change.kind)));
  message.set_direction(std::string(name_of(change.direction)));
  message.set_breaking(change.breaking);
  message.set_rule(change.rule);
  message.set_before(change.before);
  message.set_after(change.after);
  message.set_what(change.what);
  message.set_why(change.why);
  for (const schema::Hit& hit : hits) {
    v2alpha1::ChangeHit& each = *message.add_hits();
    each.set_kind(std::string(name_of(hit.kind)));
    if (hit.kind != schema::HitKind::over_http) each.set_caller(caller_of(hit));
    each.set_used(hit.used);
    each.set_breaks(hit.breaks);
  }
}

void fill(v2alpha1::CreateChangesetResponse& response, const CreateAnswer& answer) {
  response.set_changeset(answer.changeset);
  add(response, answer.deployments);
  *response.mutable_position() = to_proto(answer.position);
}

void fill(v2alpha1::CreateChangesetResponse& response, const PlanAnswer& answer) {
  add(response, answer.deployments);
  for (const std::string& line : answer.lines) response.add_plan(line);
  for (std::size_t i = 0; i < answer.judged.changes.size(); ++i)
    fill(*response.add_changes(), answer.judged.changes[i], answer.judged.hits[i]);
  for (const std::string& line : answer.judged.breaks) response.add_breaks(line);
  *response.mutable_position() = to_proto(answer.position);
}

void fill(v2alpha1::ChangesetResponse& response, const ChangesetAnswer& answer) {
  *response.mutable_changeset() = schema::to_proto(answer.changeset);
  *response.mutable_position() = to_proto(answer.position);
}

void fill(v2alpha1::GetSchemaResponse& response, const SchemaAnswer& answer) {
  for (const auto& module : answer.modules)
    *response.mutable_schema()->add_modules() = schema::to_proto(*module);
  *response.mutable_position() = to_proto(answer.position);
}

journal::HistoryAsk ask_from(const v2alpha1::GetHistoryRequest& request) {
  journal::HistoryAsk ask;
  ask.module = request.module();
  ask.author = request.author();
  ask.since_ms = request.since_ms();
  ask.before = request.before_revision();
  if (request.limit() > 0) ask.limit = request.limit();
  return ask;
}

statekit::Bytes history_entry_of(const schema::Commit& commit,
                                 const std::vector<std::string>& modules) {
  v2alpha1::HistoryEntry entry;
  entry.set_revision(commit.meta.revision);
  entry.set_time_ms(commit.meta.time_ms);
  entry.set_author(commit.meta.author);
  entry.set_reason(commit.meta.reason);
  for (const schema::Event& event : commit.events) entry.add_changes(schema::describe(event));
  for (const std::string& module : modules) entry.add_modules(module);
  return entry.SerializeAsString();
}

void fill(v2alpha1::GetHistoryResponse& response, const journal::HistoryPage& page) {
  for (const journal::HistoryFound& each : page.commits)
    response.add_entries()->ParseFromString(each.octets);
  response.set_next_before_revision(page.next_before);
  response.set_oldest_revision(page.oldest);
  response.set_cut(page.cut);
}

namespace {

void fill_replicas(v2alpha1::GetStatusResponse& response, const StatusAnswer& answer) {
  for (const ReplicaFacts& each : answer.replicas) {
    v2alpha1::ReplicaStatus& replica = *response.add_replicas();
    replica.set_id(each.id);
    replica.set_address(each.address);
    replica.set_revision(each.revision);
    replica.set_writer(each.id == answer.writer);
    replica.set_asked(each.id == answer.asked);
    replica.set_feature_level(each.feature_level);
    replica.set_since_ms(each.since_ms);
    if (each.ready) replica.set_ready(*each.ready);
    for (const std::string& reason : each.reasons) replica.add_reasons(reason);
    replica.set_endpoints(static_cast<std::uint32_t>(each.endpoints.size()));
    replica.set_followers(static_cast<std::uint32_t>(
        std::count_if(each.followers.begin(), each.followers.end(),
                      [](const statekit::FollowerRecord& record) { return record.live; })));
  }
}

}  // namespace

void fill(v2alpha1::GetStatusResponse& response, const StatusAnswer& answer) {
  *response.mutable_head() = to_proto(answer.head);
  for (const statekit::FollowerRecord& record : answer.followers)
    *response.add_followers() = to_proto(record, answer.now);
  response.set_feature_level(answer.feature_level);
  response.set_storage(answer.storage);
  response.set_snapshot_revision(answer.reach.snapshot);
  response.set_oldest_revision(answer.reach.oldest);
  response.set_ready(answer.reasons.empty());
  for (const std::string& reason : answer.reasons) response.add_reasons(reason);
  for (const std::string& warning : answer.warnings) response.add_warnings(warning);
  fill_replicas(response, answer);
}

Result<ReadAt> read_at_from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool number =
      !digits.empty() && digits.size() <= 19 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number || colon == 0)
    return fail(Code::invalid_argument,
                "millrace-min-revision must be INCARNATION:REVISION, not `" + text + "`");
  return ReadAt{text.substr(0, colon), std::stoull(digits), 0};
}

}  // namespace millrace::schema_service
