// Tokens and grants as protobuf messages, and back. A role that this binary does not know is
// refused by name: to pass over it would be to guess what somebody may do.
#include <utility>

#include "schema/change_codec_pb.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;

v2alpha1::AccessToken to_proto(const access::Token& token) {
  v2alpha1::AccessToken message;
  message.set_id(token.id);
  message.set_hash(statekit::to_bytes(token.hash));
  message.set_principal(token.principal);
  message.set_note(token.note);
  message.set_expires_ms(token.expires_ms);
  message.set_revision(token.revision);
  message.set_author(token.author);
  message.set_time_ms(token.time_ms);
  return message;
}

Result<access::Token> from_proto(const v2alpha1::AccessToken& message) {
  if (message.id().empty()) return fail(Code::data_loss, "a token without an id");
  access::Token token;
  if (!statekit::from_bytes(message.hash(), token.hash))
    return fail(Code::data_loss, "a token whose hash is not 32 octets long");
  token.id = message.id();
  token.principal = message.principal();
  token.note = message.note();
  token.expires_ms = message.expires_ms();
  token.revision = message.revision();
  token.author = message.author();
  token.time_ms = message.time_ms();
  return token;
}

v2alpha1::RoleBinding to_proto(const access::RoleBinding& binding) {
  v2alpha1::RoleBinding message;
  message.set_role(std::string(access::name_of(binding.role)));
  for (const std::string& pattern : binding.modules) message.add_modules(pattern);
  return message;
}

Result<access::RoleBinding> from_proto(const v2alpha1::RoleBinding& message) {
  const auto role = access::role_of(message.role());
  if (!role)
    return fail(Code::unimplemented, "a role `" + message.role() +
                                         "` that this binary does not know: it knows " +
                                         access::roles_known());
  return access::RoleBinding{*role, {message.modules().begin(), message.modules().end()}};
}

v2alpha1::AccessGrant to_proto(const access::Grant& grant) {
  v2alpha1::AccessGrant message;
  message.set_principal(grant.principal);
  for (const access::RoleBinding& binding : grant.roles) *message.add_roles() = to_proto(binding);
  message.set_revision(grant.revision);
  message.set_author(grant.author);
  message.set_time_ms(grant.time_ms);
  return message;
}

Result<access::Grant> from_proto(const v2alpha1::AccessGrant& message) {
  if (message.principal().empty()) return fail(Code::data_loss, "a grant to nobody");
  access::Grant grant{
      message.principal(), {}, message.revision(), message.author(), message.time_ms()};
  for (const v2alpha1::RoleBinding& each : message.roles()) {
    Result<access::RoleBinding> binding = from_proto(each);
    if (!binding) return fail(std::move(binding.error()));
    grant.roles.push_back(std::move(*binding));
  }
  return grant;
}

}  // namespace millrace::schema
