// millrace-timeline: keeps what happened and tells it. Wiring only.
#include <memory>

#include "access/io/door.hpp"
#include "httpkit/health.hpp"
#include "services/timeline/server.hpp"
#include "settings/log.hpp"
#include "settings/main.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/process_lines.hpp"
#include "statekit/io/program.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  timeline::Settings settings;
  settings::Log log;
  settings::Fields fields;
  access::Door door(fields);
  timeline::describe(fields, settings);
  settings::describe(fields, log);
  const settings::Binary binary{"millrace-timeline", "Keeps what happened and tells it.", {}};
  if (const auto exit_code = settings::configure(binary, fields, argc, argv)) return *exit_code;
  statekit::set_up_logging(
      {*statekit::parse_log_level(log.level), *statekit::parse_log_format(log.format)});

  const statekit::SystemClock clock;
  statekit::Metrics metrics;
  settings::count_deprecated(metrics, fields);
  if (const auto exit_code = door.open()) return *exit_code;
  statekit::Health health;
  timeline::Wiring wiring;
  for (const std::string& address : settings.schema)
    wiring.schema.push_back(statekit::connect(address));
  wiring.clock = &clock;
  wiring.metrics = &metrics;
  wiring.health = &health;
  wiring.trusted = door.trusted();

  std::unique_ptr<httpkit::Server> page;
  std::unique_ptr<timeline::Server> server;
  statekit::ProcessLines lines("millrace-timeline", clock);
  statekit::Program program("millrace-timeline");
  const auto serve_page = [&]() -> statekit::Status {
    auto served =
        httpkit::serve_health(settings.health_listen, "timeline.health_listen", health, metrics);
    if (served) page = std::move(*served);
    return served ? statekit::Status{} : fail(served.error());
  };
  program.add("health page", serve_page, [&] { page->stop(1'000); });
  program.add("timeline", server, [&] { return timeline::start(settings, wiring); });
  lines.add_to(program, [&] { return server->in_process(); });
  return program.run();
}
