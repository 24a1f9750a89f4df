// Which modules a request is about, to be held against what its caller may do. Called by the RPCs.
// Pure but for protobuf.
#pragma once

#include <string>
#include <vector>

namespace millrace::v2alpha1 {
class ChangeConfigRequest;
class ChangeSecretsRequest;
class CreateChangesetRequest;
class GetSecretsRequest;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

// An empty name stands for all modules.
std::vector<std::string> modules_of(const v2alpha1::CreateChangesetRequest& request);
std::vector<std::string> modules_of(const v2alpha1::ChangeConfigRequest& request);
std::vector<std::string> modules_of(const v2alpha1::ChangeSecretsRequest& request);
std::vector<std::string> modules_of(const v2alpha1::GetSecretsRequest& request);
// Of a deployment's key, dpl-<module>-<10 characters>; a text that is none gives no module's name.
std::string module_of_key(const std::string& deployment);

}  // namespace millrace::schema_service
