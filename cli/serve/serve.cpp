#include "cli/serve/serve.hpp"

#include <memory>
#include <string>

#include "access/io/door.hpp"
#include "cli/serve/all_settings.hpp"
#include "httpkit/health.hpp"
#include "seal/clear_text.hpp"
#include "services/console/server.hpp"
#include "services/ingress/server.hpp"
#include "services/routing/server.hpp"
#include "services/schema/server.hpp"
#include "services/schema/workspace/server.hpp"
#include "services/timeline/server.hpp"
#include "settings/main.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/process_lines.hpp"
#include "statekit/io/program.hpp"

namespace millrace::cli {
namespace {

using statekit::Status;

// One service with what is its own even inside a shared process.
template <class Settings, class Server>
struct Unit {
  explicit Unit(Settings& of) : settings(of) {}
  Settings& settings;
  statekit::Metrics metrics;
  statekit::Health health;
  std::unique_ptr<Server> server;
};

struct Everything {
  AllSettings settings;
  access::Door door;
  tls::Doors doors;
  statekit::SystemClock clock;
  Unit<schema_service::Settings, schema_service::Server> schema{settings.schema};
  Unit<timeline::Settings, timeline::Server> timeline{settings.timeline};
  Unit<routing::Settings, routing::Server> routing{settings.routing};
  Unit<ingress::Settings, ingress::Server> ingress{settings.ingress};
  Unit<console::Settings, console::Server> console{settings.console};
  std::unique_ptr<workspace::Server> states;
};

// What every service's wiring has in common.
template <class Wiring, class Unit>
Wiring wiring_of(Everything& all, Unit& unit) {
  Wiring wiring;
  wiring.clock = &all.clock;
  wiring.metrics = &unit.metrics;
  wiring.health = &unit.health;
  if constexpr (requires { wiring.trusted; }) wiring.trusted = all.door.trusted();
  wiring.doors = all.doors;
  if constexpr (requires { wiring.schema; }) wiring.schema = {all.schema.server->in_process()};
  if constexpr (requires { wiring.timeline; }) wiring.timeline = all.timeline.server->in_process();
  if constexpr (requires { wiring.routing; }) wiring.routing = {all.routing.server->in_process()};
  return wiring;
}

// The service with its health page before it, so that one can see why it does not start.
template <class Wiring, class Unit, class Start>
void add(statekit::Program& program, Everything& all, Unit& unit, const std::string& name,
         Start start) {
  httpkit::add_health_page(program, unit.settings.health_listen, name + ".health_listen",
                           unit.health, unit.metrics, all.doors);
  program.add(name, unit.server,
              [&all, &unit, start] { return start(unit.settings, wiring_of<Wiring>(all, unit)); });
}

// The schema service's second port.
void add_states(statekit::Program& program, Everything& all) {
  program.add("states over HTTP", all.states, [&all] {
    auto wiring = wiring_of<schema_service::Wiring>(all, all.schema);
    wiring.book = [&all](const auto& use) { all.schema.server->book(use); };
    return workspace::start(all.settings.schema, wiring);
  });
}

Status announce(const Everything& all) {
  const std::string scheme = all.doors.closed() ? "https://" : "http://";
  statekit::log_info("serve.ready", {{"ingress", scheme + all.ingress.server->address()},
                                     {"console", scheme + all.console.server->address()},
                                     {"schema", all.schema.server->address()},
                                     {"routing", all.routing.server->address()},
                                     {"timeline", all.timeline.server->address()},
                                     {"states", scheme + all.states->address()},
                                     {"data", all.settings.data}});
  return {};
}

void hand_down_data(AllSettings& all) {
  all.schema.data = all.data;
  all.timeline.data = all.data;
  all.routing.data = all.data;
  all.ingress.data = all.data;
  all.console.data = all.data;
}

void count_deprecated(Everything& all, const settings::Fields& fields) {
  for (statekit::Metrics* metrics :
       {&all.schema.metrics, &all.timeline.metrics, &all.routing.metrics, &all.ingress.metrics,
        &all.console.metrics})
    settings::count_deprecated(*metrics, fields);
}

// Each finds the others inside the process, whatever these say.
void pass_over_links(settings::Fields& fields) {
  for (const char* name : {"console.schema", "console.timeline", "ingress.schema",
                           "ingress.routing", "ingress.timeline", "routing.schema",
                           "routing.timeline", "schema.timeline", "timeline.schema"})
    fields.unused(name);
}

constexpr const char* examples =
    "  millrace serve --data .millrace\n"
    "  millrace serve --settings millrace.toml --log.level=debug\n"
    "  millrace serve --ingress.http_listen=0.0.0.0:80\n"
    "\nThe services are linked inside the process: <service>.schema, .routing and .timeline are "
    "for\n"
    "services that run alone and change nothing here.\n";

}  // namespace

int serve(int argc, const char* const* argv) {
  Everything all;
  settings::Fields fields;
  describe(fields, all.settings);
  pass_over_links(fields);
  const settings::Binary binary{
      "millrace serve", "Runs all five services in one process.", examples,
      [&] { return faults_of(fields, all.settings, access::Peers::inside); },
      [&] { return access::warnings_of(all.settings.tls); }};
  if (const auto exit_code = settings::configure(binary, fields, argc, argv)) return *exit_code;
  const auto doors =
      settings::open_doors(binary, all.settings.tls, access::asks(all.settings.auth));
  if (!doors) return 1;
  all.doors = *doors;
  const settings::Log& log = all.settings.log;
  statekit::set_up_logging(
      {*statekit::parse_log_level(log.level), *statekit::parse_log_format(log.format)});
  hand_down_data(all.settings);
  count_deprecated(all, fields);
  if (const auto exit_code = all.door.open(all.settings.auth, all.settings.tls, all.settings.data))
    return *exit_code;

  statekit::Program program("millrace serve");
  all.door.watch(program, all.doors);
  seal::write_no_core_dumps();  // the schema service holds secrets in clear at times
  add<schema_service::Wiring>(program, all, all.schema, "schema", schema_service::start);
  add_states(program, all);
  add<timeline::Wiring>(program, all, all.timeline, "timeline", timeline::start);
  add<routing::Wiring>(program, all, all.routing, "routing", routing::start);
  add<ingress::Wiring>(program, all, all.ingress, "ingress", ingress::start);
  add<console::Wiring>(program, all, all.console, "console", console::start);
  statekit::ProcessLines lines({}, all.clock);  // of all services: their source says which
  lines.add_to(program, [&all] { return all.timeline.server->in_process(); });
  program.add(
      "greeting", [&all] { return announce(all); }, [] {});
  return program.run();
}

}  // namespace millrace::cli
