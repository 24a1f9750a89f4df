#include "services/schema/codec_config.hpp"

#include <utility>

#include "services/schema/codec.hpp"
#include "services/schema/codec_write_pb.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;

namespace {

// Less than what a message may have.
constexpr std::size_t list_bytes_max = std::size_t{12} << 20;

void fill(v2alpha1::ConfigEntry& message, const ConfigEntry& entry) {
  message.set_module(entry.module);
  message.set_name(entry.name);
  message.set_type(entry.type);
  if (entry.json) message.set_json(*entry.json);
  message.set_from_global(entry.from_global);
  message.set_problem(entry.problem);
  message.set_revision(entry.revision);
  message.set_author(entry.author);
  message.set_time_ms(entry.time_ms);
  for (const std::string& module : entry.used_by) message.add_used_by(module);
}

}  // namespace

ChangeConfig command_from(const v2alpha1::ChangeConfigRequest& request) {
  ChangeConfig command;
  for (const v2alpha1::ConfigChange& message : request.changes()) {
    ConfigChange& change = command.changes.emplace_back();
    change.module = message.module();
    change.name = message.name();
    if (message.has_json()) change.json = message.json();
  }
  if (request.has_if_revision()) command.if_revision = request.if_revision();
  return command;
}

statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::ChangeConfigRequest& request,
                                                  statekit::WallMs now_ms) {
  return meta_of(request.write(), "ChangeConfig" + without_token(request), now_ms);
}

void fill(v2alpha1::ChangeConfigResponse& response, const ConfigPlanAnswer& answer) {
  for (const std::string& line : answer.lines) response.add_plan(line);
  *response.mutable_position() = to_proto(answer.position);
}

statekit::Status fill(v2alpha1::ListConfigResponse& response, const ConfigAnswer& answer) {
  std::size_t bytes = 0;
  for (const ConfigEntry& entry : answer.entries) {
    fill(*response.add_entries(), entry);
    bytes += response.entries(response.entries_size() - 1).ByteSizeLong();
    if (bytes <= list_bytes_max) continue;
    response.clear_entries();
    return fail(Code::resource_exhausted,
                "all config together is more than fits an answer: name a module");
  }
  *response.mutable_position() = to_proto(answer.position);
  return {};
}

v2alpha1::GetDeploymentContextResponse to_proto(const DeploymentContext& context,
                                                const statekit::Position& position) {
  v2alpha1::GetDeploymentContextResponse message;
  *message.mutable_position() = to_proto(position);
  message.set_module(context.module);
  for (const ContextConfig& config : context.configs) {
    v2alpha1::ContextConfig& out = *message.add_configs();
    out.set_name(config.name);
    if (config.json) out.set_json(*config.json);
    out.set_revision(config.revision);
    out.set_problem(config.problem);
  }
  return message;
}

}  // namespace millrace::schema_service
