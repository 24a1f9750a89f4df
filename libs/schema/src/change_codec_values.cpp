// Deployments, endpoints and changesets as protobuf messages, and back.
#include <utility>

#include "schema/change_codec_pb.hpp"
#include "schema/codec_pb.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::within;

namespace {

template <class Field>
std::vector<std::string> strings(const Field& field) {
  return {field.begin(), field.end()};
}

// Both enums of journal.proto have the numbers of their domain enum, and 0 for none.
template <class Phase>
Result<Phase> phase_from(int number, int last, const char* of) {
  if (number == 0) return fail(Code::data_loss, std::string(of) + " without a phase");
  if (number < 0 || number > last)
    return fail(Code::unimplemented, std::string(of) + " in phase " + std::to_string(number) +
                                         ", which this binary does not know: upgrade it");
  return static_cast<Phase>(number);
}

}  // namespace

v2alpha1::Deployment to_proto(const Deployment& deployment) {
  statekit::check(deployment.schema != nullptr, "a deployment has a schema");
  v2alpha1::Deployment message;
  message.set_key(deployment.key);
  *message.mutable_schema() = to_proto(*deployment.schema);
  message.set_schema_digest(statekit::to_bytes(deployment.schema_digest));
  message.set_build(deployment.build);
  message.set_replicas(deployment.replicas);
  message.set_changeset(deployment.changeset);
  message.set_phase(static_cast<v2alpha1::DeploymentPhase>(deployment.phase));
  message.set_fixed_endpoint(deployment.fixed_endpoint);
  message.set_created_revision(deployment.created_revision);
  return message;
}

Result<Deployment> from_proto(const v2alpha1::Deployment& message) {
  if (message.key().empty()) return fail(Code::data_loss, "a deployment without a key");
  const std::string what = "deployment " + message.key();
  Result<DeploymentPhase> phase = phase_from<DeploymentPhase>(
      message.phase(), static_cast<int>(DeploymentPhase::failed), "a deployment");
  if (!phase) return fail(std::move(phase.error()));
  if (!message.has_schema()) return fail(Code::data_loss, what + " without a schema");
  Result<Module> module = from_proto(message.schema());
  if (!module) return fail(within(what, std::move(module.error())));
  Deployment deployment;
  if (!statekit::from_bytes(message.schema_digest(), deployment.schema_digest))
    return fail(Code::data_loss, what + " with a schema digest that is not 32 octets long");
  deployment.key = message.key();
  deployment.schema = std::make_shared<const Module>(std::move(*module));
  deployment.build = message.build();
  deployment.replicas = message.replicas();
  deployment.changeset = message.changeset();
  deployment.phase = *phase;
  deployment.fixed_endpoint = message.fixed_endpoint();
  deployment.created_revision = message.created_revision();
  return deployment;
}

v2alpha1::Endpoint to_proto(const Endpoint& endpoint) {
  v2alpha1::Endpoint message;
  message.set_id(endpoint.id);
  message.set_deployment(endpoint.deployment);
  message.set_address(endpoint.address);
  message.set_instance(endpoint.instance);
  message.set_leased(endpoint.leased);
  message.set_healthy(endpoint.healthy);
  message.set_registered_revision(endpoint.registered_revision);
  return message;
}

Result<Endpoint> from_proto(const v2alpha1::Endpoint& message) {
  if (message.id().empty()) return fail(Code::data_loss, "an endpoint without an id");
  return Endpoint{message.id(),
                  message.deployment(),
                  message.address(),
                  message.instance(),
                  message.leased(),
                  message.healthy(),
                  message.registered_revision()};
}

v2alpha1::ConfigValue to_proto(const ConfigValue& value) {
  v2alpha1::ConfigValue message;
  message.set_module(value.module);
  message.set_name(value.name);
  message.set_json(value.json);
  message.set_revision(value.revision);
  message.set_author(value.author);
  message.set_time_ms(value.time_ms);
  return message;
}

Result<ConfigValue> from_proto(const v2alpha1::ConfigValue& message) {
  if (message.name().empty()) return fail(Code::data_loss, "a config value without a name");
  return ConfigValue{message.module(),   message.name(),   message.json(),
                     message.revision(), message.author(), message.time_ms()};
}

v2alpha1::Changeset to_proto(const Changeset& changeset) {
  v2alpha1::Changeset message;
  message.set_key(changeset.key);
  message.set_phase(static_cast<v2alpha1::ChangesetPhase>(changeset.phase));
  for (const std::string& key : changeset.deployments) message.add_deployments(key);
  for (const std::string& name : changeset.removed_modules) message.add_removed_modules(name);
  for (const std::string& key : changeset.replaced) message.add_replaced(key);
  message.set_hold(changeset.hold);
  message.set_canary_percent(changeset.canary_percent);
  message.set_deadline_ms(changeset.deadline_ms);
  message.set_drain_ms_max(changeset.drain_ms_max);
  message.set_allow_breaking(changeset.allow_breaking);
  for (const std::string& line : changeset.accepted_breaks) message.add_accepted_breaks(line);
  message.set_author(changeset.author);
  message.set_reason(changeset.reason);
  message.set_failure(changeset.failure);
  message.set_created_revision(changeset.created_revision);
  message.set_phase_revision(changeset.phase_revision);
  message.set_created_ms(changeset.created_ms);
  return message;
}

Result<Changeset> from_proto(const v2alpha1::Changeset& message) {
  if (message.key().empty()) return fail(Code::data_loss, "a changeset without a key");
  Result<ChangesetPhase> phase = phase_from<ChangesetPhase>(
      message.phase(), static_cast<int>(ChangesetPhase::failed), "a changeset");
  if (!phase) return fail(std::move(phase.error()));
  Changeset changeset;
  changeset.key = message.key();
  changeset.phase = *phase;
  changeset.deployments = strings(message.deployments());
  changeset.removed_modules = strings(message.removed_modules());
  changeset.replaced = strings(message.replaced());
  changeset.hold = message.hold();
  changeset.canary_percent = message.canary_percent();
  changeset.deadline_ms = message.deadline_ms();
  changeset.drain_ms_max = message.drain_ms_max();
  changeset.allow_breaking = message.allow_breaking();
  changeset.accepted_breaks = strings(message.accepted_breaks());
  changeset.author = message.author();
  changeset.reason = message.reason();
  changeset.failure = message.failure();
  changeset.created_revision = message.created_revision();
  changeset.phase_revision = message.phase_revision();
  changeset.created_ms = message.created_ms();
  return changeset;
}

}  // namespace millrace::schema
