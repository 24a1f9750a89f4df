// millrace-timeline: keeps what happened and tells it. Wiring only.
#include <memory>

#include "access/io/door.hpp"
#include "httpkit/health.hpp"
#include "services/timeline/server.hpp"
#include "settings/log.hpp"
#include "settings/main.hpp"
#include "settings/tls.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/process_lines.hpp"
#include "statekit/io/program.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  timeline::Settings settings;
  settings::Log log;
  settings::Tls tls;
  settings::Fields fields;
  access::Door door(fields, tls);
  fields.text("data", settings.data, "folder for what is kept on disk");
  timeline::describe(fields, settings);
  settings::describe(fields, log);
  const settings::Binary binary =
      door.binary("millrace-timeline", "Keeps what happened and tells it.");
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
  timeline::Wiring wiring;
  const statekit::ChannelOptions peers{.credentials = doors->credentials};
  for (const std::string& address : settings.schema)
    wiring.schema.push_back(statekit::connect(address, peers));
  wiring.clock = &clock;
  wiring.metrics = &metrics;
  wiring.health = &health;
  wiring.trusted = door.trusted();
  wiring.doors = *doors;

  std::unique_ptr<timeline::Server> server;
  statekit::ProcessLines lines("millrace-timeline", clock);
  statekit::Program program("millrace-timeline");
  door.watch(program, *doors);
  httpkit::add_health_page(program, settings.health_listen, "timeline.health_listen", health,
                           metrics, *doors);
  program.add("timeline", server, [&] { return timeline::start(settings, wiring); });
  lines.add_to(program, [&] { return server->in_process(); });
  return program.run();
}
