// Between the values of schema/change.hpp and the generated protobuf classes. Included by codec.cpp
// and server.cpp files only, since it shows *.pb.h. `from_proto` answers data_loss for what no
// value can hold and unimplemented for a phase that this binary does not know.
#pragma once

#include "schema/change.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/journal.pb.h"

namespace millrace::schema {

// REQUIRES: deployment.schema is set.
v2alpha1::Deployment to_proto(const Deployment& deployment);
statekit::Result<Deployment> from_proto(const v2alpha1::Deployment& message);

v2alpha1::Endpoint to_proto(const Endpoint& endpoint);
statekit::Result<Endpoint> from_proto(const v2alpha1::Endpoint& message);

v2alpha1::Changeset to_proto(const Changeset& changeset);
statekit::Result<Changeset> from_proto(const v2alpha1::Changeset& message);

v2alpha1::ConfigValue to_proto(const ConfigValue& value);
statekit::Result<ConfigValue> from_proto(const v2alpha1::ConfigValue& message);

v2alpha1::SecretValue to_proto(const SecretValue& secret);
statekit::Result<SecretValue> from_proto(const v2alpha1::SecretValue& message);

v2alpha1::AccessToken to_proto(const access::Token& token);
statekit::Result<access::Token> from_proto(const v2alpha1::AccessToken& message);

v2alpha1::RoleBinding to_proto(const access::RoleBinding& binding);
statekit::Result<access::RoleBinding> from_proto(const v2alpha1::RoleBinding& message);

v2alpha1::AccessGrant to_proto(const access::Grant& grant);
statekit::Result<access::Grant> from_proto(const v2alpha1::AccessGrant& message);

v2alpha1::Event to_proto(const Event& event);
statekit::Result<Event> from_proto(const v2alpha1::Event& message);

}  // namespace millrace::schema
