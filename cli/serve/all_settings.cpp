#include "cli/serve/all_settings.hpp"

namespace millrace::cli {

void describe(settings::Fields& fields, AllSettings& all) {
  fields.text("data", all.data, "folder for what is kept on disk");
  schema_service::describe(fields, all.schema);
  timeline::describe(fields, all.timeline);
  routing::describe(fields, all.routing);
  ingress::describe(fields, all.ingress);
  console::describe(fields, all.console);
  settings::describe(fields, all.log);
  settings::describe(fields, all.auth);
  settings::describe(fields, all.tls);
}

}  // namespace millrace::cli
