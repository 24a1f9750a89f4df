// The messages of config and secrets.
#include "cli/client/decode_pb.hpp"
#include "schema/change_codec_pb.hpp"

namespace millrace::cli {

ConfigAnswer decode(const v2alpha1::ChangeConfigResponse& message) {
  return {{message.plan().begin(), message.plan().end()}, decode(message.position())};
}

ConfigReport decode(const v2alpha1::ListConfigResponse& message) {
  ConfigReport report{{}, decode(message.position())};
  for (const v2alpha1::ConfigEntry& each : message.entries()) {
    ConfigEntry& entry = report.entries.emplace_back();
    entry.module = each.module();
    entry.name = each.name();
    entry.type = each.type();
    if (each.has_json()) entry.json = each.json();
    entry.from_global = each.from_global();
    entry.problem = each.problem();
    entry.revision = each.revision();
    entry.author = each.author();
    entry.time_ms = each.time_ms();
    entry.used_by.assign(each.used_by().begin(), each.used_by().end());
  }
  return report;
}

ContextReport decode(const v2alpha1::GetDeploymentContextResponse& message) {
  ContextReport report{{}, decode(message.position())};
  for (const v2alpha1::ContextConfig& each : message.configs()) {
    ContextValue& value = report.configs.emplace_back();
    value.name = each.name();
    if (each.has_json()) value.json = each.json();
    value.problem = each.problem();
  }
  return report;
}

v2alpha1::ChangeConfigRequest encode(const ConfigOrder& order) {
  v2alpha1::ChangeConfigRequest message;
  *message.mutable_write() = encode(order.write);
  for (const ConfigChange& change : order.changes) {
    v2alpha1::ConfigChange& out = *message.add_changes();
    out.set_module(change.module);
    out.set_name(change.name);
    if (change.json) out.set_json(*change.json);
  }
  if (order.if_revision) message.set_if_revision(*order.if_revision);
  message.set_plan(order.plan);
  return message;
}

SecretReport decode(const v2alpha1::ListSecretsResponse& message) {
  SecretReport report{{}, decode(message.position())};
  for (const v2alpha1::SecretEntry& each : message.entries())
    report.entries.push_back({each.module(),
                              each.name(),
                              each.type(),
                              each.set(),
                              each.from_global(),
                              each.version(),
                              each.fingerprint(),
                              each.key_id(),
                              each.author(),
                              each.time_ms(),
                              {each.used_by().begin(), each.used_by().end()}});
  return report;
}

RotateReport decode(const v2alpha1::RotateSecretsResponse& message) {
  RotateReport report;
  report.active_key = message.active_key();
  report.rewrapped = message.rewrapped();
  report.needed = {message.needed().begin(), message.needed().end()};
  report.forgotten = {message.forgotten().begin(), message.forgotten().end()};
  report.failures = {message.failures().begin(), message.failures().end()};
  report.position = decode(message.position());
  return report;
}

// Tokens come without their hashes, which the state's own decoding asks for.
statekit::Result<AccessReport> decode(const v2alpha1::ListAccessResponse& message) {
  AccessReport report;
  for (const v2alpha1::AccessToken& each : message.tokens())
    report.tokens.push_back({each.id(),
                             {},
                             each.principal(),
                             each.note(),
                             each.expires_ms(),
                             each.revision(),
                             each.author(),
                             each.time_ms()});
  for (const v2alpha1::AccessGrant& each : message.grants()) {
    auto grant = schema::from_proto(each);
    if (!grant) return statekit::fail(std::move(grant.error()));
    report.grants.push_back(std::move(*grant));
  }
  report.position = decode(message.position());
  return report;
}

v2alpha1::CreateTokenRequest encode(const TokenOrder& order) {
  v2alpha1::CreateTokenRequest request;
  *request.mutable_write() = encode(order.write);
  request.set_id(order.token.id);
  request.set_hash(statekit::to_bytes(order.token.hash));
  request.set_principal(order.token.principal);
  request.set_note(order.token.note);
  request.set_expires_ms(order.token.expires_ms);
  for (const access::RoleBinding& role : order.roles) *request.add_roles() = schema::to_proto(role);
  return request;
}

}  // namespace millrace::cli
