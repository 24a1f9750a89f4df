#include "services/schema/codec_access.hpp"

#include "schema/change_codec_pb.hpp"
#include "services/schema/codec.hpp"
#include "services/schema/codec_write_pb.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

template <class Field>
Result<std::vector<access::RoleBinding>> roles_from(const Field& field) {
  std::vector<access::RoleBinding> roles;
  for (const v2alpha1::RoleBinding& message : field) {
    auto role = schema::from_proto(message);
    if (!role)
      return fail(Code::invalid_argument,
                  "there is no role `" + message.role() + "`: there are " + access::roles_known());
    roles.push_back(std::move(*role));
  }
  return roles;
}

template <class Request>
Result<AccessOrder> ordered(Command command, const Request& request, const char* method,
                            statekit::WallMs now_ms) {
  auto meta = meta_of(request.write(), method + without_token(request), now_ms);
  if (!meta) return fail(std::move(meta.error()));
  return AccessOrder{std::move(command), std::move(*meta)};
}

}  // namespace

Result<AccessOrder> order_from(const v2alpha1::CreateTokenRequest& request,
                               statekit::WallMs now_ms) {
  auto roles = roles_from(request.roles());
  if (!roles) return fail(std::move(roles.error()));
  CreateToken command;
  command.token.id = request.id();
  if (!statekit::from_bytes(request.hash(), command.token.hash))
    return fail(Code::invalid_argument, "the hash of a token is its SHA-256, 32 octets");
  command.token.principal = request.principal();
  command.token.note = request.note();
  command.token.expires_ms = request.expires_ms();
  command.roles = std::move(*roles);
  return ordered(std::move(command), request, "CreateToken", now_ms);
}

Result<AccessOrder> order_from(const v2alpha1::RevokeTokensRequest& request,
                               statekit::WallMs now_ms) {
  return ordered(RevokeTokens{{request.ids().begin(), request.ids().end()}}, request,
                 "RevokeTokens", now_ms);
}

Result<AccessOrder> order_from(const v2alpha1::SetRolesRequest& request, statekit::WallMs now_ms) {
  auto roles = roles_from(request.roles());
  if (!roles) return fail(std::move(roles.error()));
  return ordered(SetRoles{request.principal(), std::move(*roles)}, request, "SetRoles", now_ms);
}

void fill(v2alpha1::ListAccessResponse& response, const AccessAnswer& answer) {
  for (const access::Token& token : answer.tokens) {
    v2alpha1::AccessToken& message = *response.add_tokens();
    message = schema::to_proto(token);
    message.clear_hash();
  }
  for (const access::Grant& grant : answer.grants) *response.add_grants() = schema::to_proto(grant);
  *response.mutable_position() = to_proto(answer.position);
}

}  // namespace millrace::schema_service
