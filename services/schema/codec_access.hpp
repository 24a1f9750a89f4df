// Between the messages of tokens and roles in schema.proto and the service's values. Called by the
// .cpp files of the RPCs, which include v2alpha1/schema.pb.h themselves. Free of threads; hostile
// messages give an Error.
#pragma once

#include <utility>

#include "services/schema/service.hpp"

namespace millrace::v2alpha1 {
class CreateTokenRequest;
class ListAccessResponse;
class RevokeTokensRequest;
class SetRolesRequest;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

// The command, and who asks for it and why.
using AccessOrder = std::pair<Command, statekit::CommandMeta>;
statekit::Result<AccessOrder> order_from(const v2alpha1::CreateTokenRequest& request,
                                         statekit::WallMs now_ms);
statekit::Result<AccessOrder> order_from(const v2alpha1::RevokeTokensRequest& request,
                                         statekit::WallMs now_ms);
statekit::Result<AccessOrder> order_from(const v2alpha1::SetRolesRequest& request,
                                         statekit::WallMs now_ms);

// Without the hashes of the tokens.
void fill(v2alpha1::ListAccessResponse& response, const AccessAnswer& answer);

}  // namespace millrace::schema_service
