// Between the messages of secrets in schema.proto and the service's values. Called by rpc.cpp.
// What a message held in clear is wiped from it. Free of threads.
#pragma once

#include <vector>

#include "services/schema/service.hpp"

namespace millrace::v2alpha1 {
class ChangeSecretsRequest;
class ChangeSecretsResponse;
class GetSecretsRequest;
class GetSecretsResponse;
class ListSecretsResponse;
class RotateSecretsRequest;
class RotateSecretsResponse;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

// Takes the values out of the request.
SecretsOrder order_from(v2alpha1::ChangeSecretsRequest& request);
// The hash that a token is remembered with leaves the values out: it is stored.
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::ChangeSecretsRequest& request,
                                                  statekit::WallMs now_ms);
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::RotateSecretsRequest& request,
                                                  statekit::WallMs now_ms);
void fill(v2alpha1::ListSecretsResponse& response, const SecretListAnswer& answer);
void fill(v2alpha1::ChangeSecretsResponse& response, const ConfigPlanAnswer& answer);
std::vector<ConfigKey> names_from(const v2alpha1::GetSecretsRequest& request);
// InvalidArgument where who asks says too much of itself.
statekit::Result<Asker> asker_from(const v2alpha1::GetSecretsRequest& request,
                                   const std::string& peer);
void fill(v2alpha1::GetSecretsResponse& response, const SeenSecrets& answer);
// Once they are done with.
void wipe(v2alpha1::ChangeSecretsRequest& request);
void wipe(v2alpha1::GetSecretsResponse& response);
void fill(v2alpha1::RotateSecretsResponse& response, const RotateAnswer& answer);

}  // namespace millrace::schema_service
