#include "services/schema/requested.hpp"

#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

std::vector<std::string> modules_of(const v2alpha1::CreateChangesetRequest& request) {
  std::vector<std::string> modules(request.removed_modules().begin(),
                                   request.removed_modules().end());
  for (const auto& module : request.modules()) modules.push_back(module.schema().name());
  return modules;
}

std::vector<std::string> modules_of(const v2alpha1::ChangeConfigRequest& request) {
  std::vector<std::string> modules;
  for (const auto& change : request.changes()) modules.push_back(change.module());
  return modules;
}

std::vector<std::string> modules_of(const v2alpha1::ChangeSecretsRequest& request) {
  std::vector<std::string> modules;
  for (const auto& change : request.changes()) modules.push_back(change.module());
  return modules;
}

std::vector<std::string> modules_of(const v2alpha1::GetSecretsRequest& request) {
  std::vector<std::string> modules;
  for (const auto& secret : request.secrets()) modules.push_back(secret.module());
  return modules;
}

std::string module_of_key(const std::string& deployment) {
  constexpr std::size_t before = 4;  // "dpl-"
  constexpr std::size_t after = 11;  // "-" and ten characters
  if (!deployment.starts_with("dpl-") || deployment.size() <= before + after) return "-";
  return deployment.substr(before, deployment.size() - before - after);
}

}  // namespace millrace::schema_service
