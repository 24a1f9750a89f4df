// millrace-ingress: answers HTTP requests with the verbs of modules. Wiring only.
#include <memory>

#include "access/io/door.hpp"
#include "httpkit/health.hpp"
#include "services/ingress/server.hpp"
#include "settings/log.hpp"
#include "settings/main.hpp"
#include "settings/tls.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/process_lines.hpp"
#include "statekit/io/program.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  ingress::Settings settings;
  settings::Log log;
  settings::Tls tls;
  settings::Fields fields;
  access::Door door(fields, tls);
  fields.folder("data", settings.data, "folder for what is kept on disk");
  ingress::describe(fields, settings);
  settings::describe(fields, log);
  const settings::Binary binary =
      door.binary("millrace-ingress", "Answers HTTP requests with the verbs of modules.");
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
  ingress::Wiring wiring;
  const statekit::ChannelOptions peers{.credentials = doors->credentials};
  for (const std::string& address : settings.schema)
    wiring.schema.push_back(statekit::connect(address, peers));
  wiring.routing = ingress::connect_routing(settings, peers);
  if (!settings.timeline.empty()) wiring.timeline = statekit::connect(settings.timeline, peers);
  wiring.clock = &clock;
  wiring.metrics = &metrics;
  wiring.health = &health;
  wiring.doors = *doors;
  std::unique_ptr<ingress::Server> server;
  statekit::ProcessLines lines("millrace-ingress", clock);
  statekit::Program program("millrace-ingress");
  door.watch(program, *doors);
  lines.add_to(program, settings.timeline, peers);
  httpkit::add_health_page(program, settings.health_listen, "ingress.health_listen", health,
                           metrics, *doors);
  program.add("ingress", server, [&] { return ingress::start(settings, wiring); });
  return program.run();
}
