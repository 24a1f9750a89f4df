#include "services/schema/codec_secrets.hpp"

#include <utility>

#include "services/schema/codec.hpp"
#include "services/schema/codec_write_pb.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

SecretsOrder order_from(v2alpha1::ChangeSecretsRequest& request) {
  SecretsOrder order;
  if (request.has_if_revision()) order.if_revision = request.if_revision();
  for (v2alpha1::SecretChange& message : *request.mutable_changes()) {
    ClearSecret& change = order.changes.emplace_back();
    change.module = message.module();
    change.name = message.name();
    if (!message.has_json()) continue;
    change.json.emplace(message.json());
    seal::wipe(*message.mutable_json());
  }
  return order;
}

statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::ChangeSecretsRequest& request,
                                                  statekit::WallMs now_ms) {
  std::string hashed = "ChangeSecrets " + request.write().author() + " " + request.write().reason();
  for (const v2alpha1::SecretChange& change : request.changes())
    hashed += " " + change.module() + "." + change.name() + (change.has_json() ? "=" : "");
  if (request.has_if_revision()) hashed += " @" + std::to_string(request.if_revision());
  return meta_of(request.write(), hashed, now_ms);
}

statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::RotateSecretsRequest& request,
                                                  statekit::WallMs now_ms) {
  return meta_of(request.write(), "RotateSecrets" + without_token(request), now_ms);
}

void fill(v2alpha1::ListSecretsResponse& response, const SecretListAnswer& answer) {
  for (const SecretEntry& entry : answer.entries) {
    v2alpha1::SecretEntry& message = *response.add_entries();
    message.set_module(entry.module);
    message.set_name(entry.name);
    message.set_type(entry.type);
    message.set_set(entry.set);
    message.set_from_global(entry.from_global);
    message.set_version(entry.version);
    message.set_fingerprint(entry.fingerprint);
    message.set_key_id(entry.key_id);
    message.set_author(entry.author);
    message.set_time_ms(entry.time_ms);
    for (const std::string& module : entry.used_by) message.add_used_by(module);
  }
  *response.mutable_position() = to_proto(answer.position);
}

void fill(v2alpha1::ChangeSecretsResponse& response, const ConfigPlanAnswer& answer) {
  for (const std::string& line : answer.lines) response.add_plan(line);
  *response.mutable_position() = to_proto(answer.position);
}

std::vector<ConfigKey> names_from(const v2alpha1::GetSecretsRequest& request) {
  std::vector<ConfigKey> names;
  for (const v2alpha1::SecretName& each : request.secrets())
    names.emplace_back(each.module(), each.name());
  return names;
}

statekit::Result<Asker> asker_from(const v2alpha1::GetSecretsRequest& request,
                                   const std::string& peer) {
  const auto meta = meta_of(request.write(), "", 0);
  if (!meta) return statekit::fail(meta.error());
  return Asker{meta->principal, meta->reason, peer};
}

void fill(v2alpha1::GetSecretsResponse& response, const SeenSecrets& answer) {
  for (const SeenSecret& each : answer.secrets) {
    v2alpha1::ClearSecret& message = *response.add_secrets();
    message.set_module(each.module);
    message.set_name(each.name);
    message.set_json(std::string(each.json.view()));
    message.set_version(each.version);
    message.set_from_global(each.from_global);
  }
  *response.mutable_position() = to_proto(answer.position);
}

void wipe(v2alpha1::ChangeSecretsRequest& request) {
  for (v2alpha1::SecretChange& each : *request.mutable_changes()) seal::wipe(*each.mutable_json());
}

void wipe(v2alpha1::GetSecretsResponse& response) {
  for (v2alpha1::ClearSecret& each : *response.mutable_secrets()) seal::wipe(*each.mutable_json());
}

void fill(v2alpha1::RotateSecretsResponse& response, const RotateAnswer& answer) {
  *response.mutable_position() = to_proto(answer.position);
  response.set_active_key(answer.active_key);
  response.set_rewrapped(answer.rewrapped);
  for (const auto& [key, count] : answer.needed) (*response.mutable_needed())[key] = count;
  for (const std::string& key : answer.forgotten) response.add_forgotten(key);
  for (const std::string& line : answer.failures) response.add_failures(line);
}

}  // namespace millrace::schema_service
