#include "cli/serve/all_settings.hpp"

#include "services/schema/vault.hpp"

namespace millrace::cli {

void describe(settings::Fields& fields, AllSettings& all) {
  fields.folder("data", all.data, "folder for what is kept on disk");
  schema_service::describe(fields, all.schema);
  timeline::describe(fields, all.timeline);
  routing::describe(fields, all.routing);
  ingress::describe(fields, all.ingress);
  console::describe(fields, all.console);
  settings::describe(fields, all.log);
  settings::describe(fields, all.auth);
  settings::describe(fields, all.tls);
}

std::vector<std::string> faults_of(const settings::Fields& fields, const AllSettings& all,
                                   access::Peers peers) {
  std::vector<std::string> faults = access::faults_of(fields, all.auth, all.tls, peers);
  for (std::string& each : schema_service::faults_of(all.schema)) faults.push_back(std::move(each));
  return faults;
}

}  // namespace millrace::cli
