// Between the messages of config in schema.proto and the service's values. Called by the .cpp files
// of the RPCs, which include v2alpha1/schema.pb.h themselves. Free of threads.
#pragma once

#include "services/schema/service.hpp"

namespace millrace::v2alpha1 {
class ChangeConfigRequest;
class ChangeConfigResponse;
class GetDeploymentContextResponse;
class ListConfigResponse;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

ChangeConfig command_from(const v2alpha1::ChangeConfigRequest& request);
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::ChangeConfigRequest& request,
                                                  statekit::WallMs now_ms);

void fill(v2alpha1::ChangeConfigResponse& response, const ConfigPlanAnswer& answer);
// ResourceExhausted where it would not fit a message.
statekit::Status fill(v2alpha1::ListConfigResponse& response, const ConfigAnswer& answer);
v2alpha1::GetDeploymentContextResponse to_proto(const DeploymentContext& context,
                                                const statekit::Position& position);

}  // namespace millrace::schema_service
