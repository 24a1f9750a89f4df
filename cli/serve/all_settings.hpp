// The settings of all five services in one place, as `millrace serve` runs them and as
// `millrace settings` checks and shows them. Filled before any thread starts.
#pragma once

#include <string>
#include <vector>

#include "access/io/faults.hpp"
#include "cli/session.hpp"
#include "services/console/settings.hpp"
#include "services/ingress/settings.hpp"
#include "services/routing/settings.hpp"
#include "services/schema/settings.hpp"
#include "services/timeline/settings.hpp"
#include "settings/auth.hpp"
#include "settings/log.hpp"
#include "settings/tls.hpp"

namespace millrace::cli {

struct AllSettings {
  std::string data = ".millrace";
  settings::Auth auth;
  settings::Log log;
  settings::Tls tls;
  schema_service::Settings schema;
  routing::Settings routing;
  ingress::Settings ingress;
  console::Settings console;
  timeline::Settings timeline;
};

void describe(settings::Fields& fields, AllSettings& all);

// What would be wrong at a start though each value is well formed, a line each: files that are
// named, ports that would not be opened.
std::vector<std::string> faults_of(const settings::Fields& fields, const AllSettings& all,
                                   access::Peers peers = access::Peers::elsewhere);

}  // namespace millrace::cli
