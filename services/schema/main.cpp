// millrace-schema: the single source of truth, its journal and its feed. Wiring only.
#include <memory>

#include "access/io/door.hpp"
#include "httpkit/health.hpp"
#include "seal/clear_text.hpp"
#include "services/schema/server.hpp"
#include "services/schema/vault.hpp"
#include "services/schema/workspace/server.hpp"
#include "settings/log.hpp"
#include "settings/main.hpp"
#include "settings/tls.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/process_lines.hpp"
#include "statekit/io/program.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  seal::write_no_core_dumps();  // it holds secrets in clear while it seals and opens them
  schema_service::Settings settings;
  settings::Log log;
  settings::Tls tls;
  settings::Fields fields;
  access::Door door(fields, tls);
  fields.folder("data", settings.data, "folder for what is kept on disk");
  schema_service::describe(fields, settings);
  settings::describe(fields, log);
  const settings::Binary binary =
      door.binary("millrace-schema", "Keeps the schema and all that happens to it, and streams it.",
                  [&] { return schema_service::faults_of(settings); });
  if (const auto exit_code = settings::configure(binary, fields, argc, argv)) return *exit_code;
  const auto doors = settings::open_doors(binary, tls, door.asks());
  if (!doors) return 1;
  statekit::set_up_logging(
      {*statekit::parse_log_level(log.level), *statekit::parse_log_format(log.format)});
  const statekit::SystemClock clock;
  statekit::Metrics metrics;
  settings::count_deprecated(metrics, fields);
  if (const auto exit_code = door.open()) return *exit_code;
  statekit::Health health;
  schema_service::Wiring wiring{&clock, &metrics, &health, *doors, door.trusted()};
  std::unique_ptr<schema_service::Server> server;
  std::unique_ptr<workspace::Server> states;
  statekit::ProcessLines lines("millrace-schema", clock);
  statekit::Program program("millrace-schema");
  door.watch(program, *doors);
  lines.add_to(program, settings.timeline, {.credentials = doors->credentials});
  httpkit::add_health_page(program, settings.health_listen, "schema.health_listen", health, metrics,
                           *doors);
  program.add("schema", server, [&] { return schema_service::start(settings, wiring); });
  wiring.book = [&](const auto& use) { server->book(use); };
  program.add("states over HTTP", states, [&] { return workspace::start(settings, wiring); });
  return program.run();
}
