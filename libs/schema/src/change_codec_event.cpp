// Each kind of event as its protobuf message, and back. A new kind is added in both visitors here,
// in journal.proto and in schema::Event; a missing one does not compile or is refused by name.
#include <utility>

#include "schema/change_codec_pb.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::within;

namespace {

struct ToProto {
  v2alpha1::Event& message;

  void operator()(const ChangesetCreated& event) const {
    v2alpha1::ChangesetCreated& out = *message.mutable_changeset_created();
    *out.mutable_changeset() = to_proto(event.changeset);
    for (const Deployment& deployment : event.deployments)
      *out.add_deployments() = to_proto(deployment);
  }
  void operator()(const ChangesetPrepared& event) const {
    message.mutable_changeset_prepared()->set_changeset(event.changeset);
  }
  void operator()(const ChangesetCommitted& event) const {
    v2alpha1::ChangesetCommitted& out = *message.mutable_changeset_committed();
    out.set_changeset(event.changeset);
    for (const std::string& key : event.replaced) out.add_replaced(key);
  }
  void operator()(const ChangesetDrained& event) const {
    message.mutable_changeset_drained()->set_changeset(event.changeset);
  }
  void operator()(const ChangesetFinalized& event) const {
    message.mutable_changeset_finalized()->set_changeset(event.changeset);
  }
  void operator()(const ChangesetRollingBack& event) const {
    v2alpha1::ChangesetRollingBack& out = *message.mutable_changeset_rolling_back();
    out.set_changeset(event.changeset);
    out.set_reason(event.reason);
  }
  void operator()(const ChangesetFailed& event) const {
    v2alpha1::ChangesetFailed& out = *message.mutable_changeset_failed();
    out.set_changeset(event.changeset);
    out.set_reason(event.reason);
  }
  void operator()(const DeploymentsRemoved& event) const {
    v2alpha1::DeploymentsRemoved& out = *message.mutable_deployments_removed();
    for (const std::string& key : event.deployments) out.add_deployments(key);
  }
  void operator()(const EndpointRegistered& event) const {
    *message.mutable_endpoint_registered()->mutable_endpoint() = to_proto(event.endpoint);
  }
  void operator()(const EndpointHealthChanged& event) const {
    v2alpha1::EndpointHealthChanged& out = *message.mutable_endpoint_health_changed();
    out.set_endpoint(event.endpoint);
    out.set_healthy(event.healthy);
  }
  void operator()(const EndpointRemoved& event) const {
    v2alpha1::EndpointRemoved& out = *message.mutable_endpoint_removed();
    out.set_endpoint(event.endpoint);
    out.set_reason(event.reason);
  }
  void operator()(const RequestRemembered& event) const {
    v2alpha1::RequestRemembered& out = *message.mutable_request_remembered();
    out.set_principal(event.principal);
    out.set_token(event.token);
    out.set_request_hash(statekit::to_bytes(event.request_hash));
  }
  void operator()(const FeatureLevelRaised& event) const {
    message.mutable_feature_level_raised()->set_level(event.level);
  }
  void operator()(const ConfigSet& event) const {
    *message.mutable_config_set()->mutable_value() = to_proto(event.value);
  }
  void operator()(const ConfigUnset& event) const {
    v2alpha1::ConfigUnset& out = *message.mutable_config_unset();
    out.set_module(event.module);
    out.set_name(event.name);
  }
  void operator()(const SecretSet& event) const {
    *message.mutable_secret_set()->mutable_secret() = to_proto(event.secret);
  }
  void operator()(const SecretUnset& event) const {
    v2alpha1::SecretUnset& out = *message.mutable_secret_unset();
    out.set_module(event.module);
    out.set_name(event.name);
  }
  void operator()(const SecretRewrapped& event) const {
    v2alpha1::SecretRewrapped& out = *message.mutable_secret_rewrapped();
    out.set_module(event.module);
    out.set_name(event.name);
    out.set_id(event.id);
    out.set_wrapped_key(event.wrapped_key);
    out.set_key_id(event.key_id);
  }
  void operator()(const TokenCreated& event) const {
    *message.mutable_token_created()->mutable_token() = to_proto(event.token);
  }
  void operator()(const TokenRevoked& event) const {
    v2alpha1::TokenRevoked& out = *message.mutable_token_revoked();
    out.set_id(event.id);
    out.set_principal(event.principal);
  }
  void operator()(const RolesSet& event) const {
    *message.mutable_roles_set()->mutable_grant() = to_proto(event.grant);
  }
  void operator()(const RolesUnset& event) const {
    message.mutable_roles_unset()->set_principal(event.principal);
  }
};

Result<Event> created_from(const v2alpha1::ChangesetCreated& message) {
  Result<Changeset> changeset = from_proto(message.changeset());
  if (!changeset) return fail(std::move(changeset.error()));
  ChangesetCreated event{std::move(*changeset), {}};
  for (const v2alpha1::Deployment& part : message.deployments()) {
    Result<Deployment> deployment = from_proto(part);
    if (!deployment) return fail(std::move(deployment.error()));
    event.deployments.push_back(std::move(*deployment));
  }
  return Event(std::move(event));
}

Result<Event> registered_from(const v2alpha1::EndpointRegistered& message) {
  Result<Endpoint> endpoint = from_proto(message.endpoint());
  if (!endpoint) return fail(std::move(endpoint.error()));
  return Event(EndpointRegistered{std::move(*endpoint)});
}

Result<Event> remembered_from(const v2alpha1::RequestRemembered& message) {
  RequestRemembered event{message.principal(), message.token(), {}};
  if (!statekit::from_bytes(message.request_hash(), event.request_hash))
    return fail(Code::data_loss, "a remembered request whose hash is not 32 octets long");
  return Event(std::move(event));
}

Result<Event> config_from(const v2alpha1::ConfigSet& message) {
  Result<ConfigValue> value = from_proto(message.value());
  if (!value) return fail(std::move(value.error()));
  return Event(ConfigSet{std::move(*value)});
}

Result<Event> secret_from(const v2alpha1::SecretSet& message) {
  Result<SecretValue> secret = from_proto(message.secret());
  if (!secret) return fail(std::move(secret.error()));
  return Event(SecretSet{std::move(*secret)});
}

Event rewrapped_from(const v2alpha1::SecretRewrapped& message) {
  return SecretRewrapped{message.module(), message.name(), message.id(), message.wrapped_key(),
                         message.key_id()};
}

Result<Event> token_from(const v2alpha1::TokenCreated& message) {
  Result<access::Token> token = from_proto(message.token());
  if (!token) return fail(std::move(token.error()));
  return Event(TokenCreated{std::move(*token)});
}

Result<Event> roles_from(const v2alpha1::RolesSet& message) {
  Result<access::Grant> grant = from_proto(message.grant());
  if (!grant) return fail(std::move(grant.error()));
  return Event(RolesSet{std::move(*grant)});
}

std::vector<std::string> keys(const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
}

}  // namespace

v2alpha1::Event to_proto(const Event& event) {
  v2alpha1::Event message;
  std::visit(ToProto{message}, event);
  return message;
}

Result<Event> from_proto(const v2alpha1::Event& message) {
  using Kind = v2alpha1::Event;
  switch (message.kind_case()) {
    case Kind::kChangesetCreated: return created_from(message.changeset_created());
    case Kind::kChangesetPrepared:
      return Event(ChangesetPrepared{message.changeset_prepared().changeset()});
    case Kind::kChangesetCommitted:
      return Event(ChangesetCommitted{message.changeset_committed().changeset(),
                                      keys(message.changeset_committed().replaced())});
    case Kind::kChangesetDrained:
      return Event(ChangesetDrained{message.changeset_drained().changeset()});
    case Kind::kChangesetFinalized:
      return Event(ChangesetFinalized{message.changeset_finalized().changeset()});
    case Kind::kChangesetRollingBack:
      return Event(ChangesetRollingBack{message.changeset_rolling_back().changeset(),
                                        message.changeset_rolling_back().reason()});
    case Kind::kChangesetFailed:
      return Event(ChangesetFailed{message.changeset_failed().changeset(),
                                   message.changeset_failed().reason()});
    case Kind::kDeploymentsRemoved:
      return Event(DeploymentsRemoved{keys(message.deployments_removed().deployments())});
    case Kind::kEndpointRegistered: return registered_from(message.endpoint_registered());
    case Kind::kEndpointHealthChanged:
      return Event(EndpointHealthChanged{message.endpoint_health_changed().endpoint(),
                                         message.endpoint_health_changed().healthy()});
    case Kind::kEndpointRemoved:
      return Event(EndpointRemoved{message.endpoint_removed().endpoint(),
                                   message.endpoint_removed().reason()});
    case Kind::kRequestRemembered: return remembered_from(message.request_remembered());
    case Kind::kFeatureLevelRaised:
      return Event(FeatureLevelRaised{message.feature_level_raised().level()});
    case Kind::kConfigSet: return config_from(message.config_set());
    case Kind::kConfigUnset:
      return Event(ConfigUnset{message.config_unset().module(), message.config_unset().name()});
    case Kind::kSecretSet: return secret_from(message.secret_set());
    case Kind::kSecretUnset:
      return Event(SecretUnset{message.secret_unset().module(), message.secret_unset().name()});
    case Kind::kSecretRewrapped: return rewrapped_from(message.secret_rewrapped());
    case Kind::kTokenCreated: return token_from(message.token_created());
    case Kind::kTokenRevoked:
      return Event(TokenRevoked{message.token_revoked().id(), message.token_revoked().principal()});
    case Kind::kRolesSet: return roles_from(message.roles_set());
    case Kind::kRolesUnset: return Event(RolesUnset{message.roles_unset().principal()});
    case Kind::KIND_NOT_SET: break;
  }
  if (message.ByteSizeLong() == 0) return fail(Code::data_loss, "an event that says nothing");
  return fail(Code::unimplemented,
              "an event of a kind that this binary does not know: upgrade it to read on");
}

}  // namespace millrace::schema
