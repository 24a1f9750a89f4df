// From the messages of schema.proto to reports. Included by the .cpp files of this folder only.
#pragma once

#include "cli/client/reports.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::cli {

statekit::Position decode(const v2alpha1::Position& message);
FollowerReport decode(const v2alpha1::FollowerStatus& message);
Pong decode(const v2alpha1::PingResponse& message);
StatusReport decode(const v2alpha1::GetStatusResponse& message);
HistoryReport decode(const v2alpha1::GetHistoryResponse& message);
DeployAnswer decode(const v2alpha1::CreateChangesetResponse& message);
ConfigAnswer decode(const v2alpha1::ChangeConfigResponse& message);
ConfigReport decode(const v2alpha1::ListConfigResponse& message);
ContextReport decode(const v2alpha1::GetDeploymentContextResponse& message);
SecretReport decode(const v2alpha1::ListSecretsResponse& message);
RotateReport decode(const v2alpha1::RotateSecretsResponse& message);
statekit::Result<AccessReport> decode(const v2alpha1::ListAccessResponse& message);
statekit::Result<SchemaReport> decode(const v2alpha1::GetSchemaResponse& message);
statekit::Result<DeploymentsReport> decode(const v2alpha1::GetDeploymentsResponse& message);
statekit::Result<DeploymentsReport> decode(const v2alpha1::GetDeploymentResponse& message);
statekit::Result<ChangesetReport> decode(const v2alpha1::GetChangesetResponse& message);
statekit::Result<ChangesetReport> decode(const v2alpha1::ChangesetResponse& message);
statekit::Result<ChangesetList> decode(const v2alpha1::ListChangesetsResponse& message);

v2alpha1::CreateChangesetRequest encode(const DeployOrder& order);
v2alpha1::RollbackToRequest encode(const RollbackOrder& order);
v2alpha1::ChangeConfigRequest encode(const ConfigOrder& order);
v2alpha1::CreateTokenRequest encode(const TokenOrder& order);
v2alpha1::WriteOptions encode(const Write& write);

}  // namespace millrace::cli
