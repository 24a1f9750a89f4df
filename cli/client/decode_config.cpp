// The messages of config.
#include "cli/client/decode_pb.hpp"

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

}  // namespace millrace::cli
