// The schema service with a clock that the test can move: services/schema/main.cpp but for that.
// The first argument is the file with the clock's offsets.
#include <memory>

#include "httpkit/health.hpp"
#include "services/schema/server.hpp"
#include "settings/log.hpp"
#include "settings/main.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/program.hpp"
#include "tests/faults/jumping_clock.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  const test::ClockOffsets* offsets = test::map_offsets(argv[1]);
  if (offsets == nullptr) return 1;
  argv[1] = argv[0];
  schema_service::Settings settings;
  settings::Log log;
  settings::Fields fields;
  fields.text("data", settings.data, "folder for what is kept on disk");
  schema_service::describe(fields, settings);
  settings::describe(fields, log);
  if (const auto code =
          settings::configure({"schema-under-test", "", ""}, fields, argc - 1, argv + 1))
    return *code;
  statekit::set_up_logging(
      {*statekit::parse_log_level(log.level), *statekit::parse_log_format(log.format)});
  const test::JumpingClock clock(offsets);
  statekit::Metrics metrics;
  statekit::Health health;
  tls::Doors doors;
  doors.insecure = true;  // beyond loopback, in a network of the test's own
  std::unique_ptr<httpkit::Server> page;
  std::unique_ptr<schema_service::Server> server;
  statekit::Program program("schema-under-test");
  program.add(
      "health page",
      [&]() -> statekit::Status {
        auto served = httpkit::serve_health(settings.health_listen, "schema.health_listen", health,
                                            metrics, doors);
        if (served) page = std::move(*served);
        return served ? statekit::Status{} : fail(served.error());
      },
      [&] { page->stop(1'000); });
  program.add(
      "schema",
      [&]() -> statekit::Status {
        auto started = schema_service::start(settings, {&clock, &metrics, &health, doors});
        if (started) server = std::move(*started);
        return started ? statekit::Status{} : fail(started.error());
      },
      [&] { server->stop(); });
  return program.run();
}
