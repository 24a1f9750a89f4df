// A binary as each of ours is, with settings of its own, of which one has lost its meaning: no
// setting that was released has.
#include <string>

#include "httpkit/health.hpp"
#include "settings/main.hpp"
#include "statekit/io/program.hpp"

using namespace millrace;

namespace {

settings::Versions versions() {
  return {{{1,
            {{"routing.health_listen", "address", "routing.health_listen", {}, {}},
             {"routing.turbo", "boolean", "", "leave it out", {}},
             {"routing.nitro", "boolean", "", "write routing.limits.calls_max", {}}}},
           {2, {{"routing.health_listen", "address", "routing.health_listen", {}, {}}}}}};
}

}  // namespace

int main(int argc, char** argv) {
  std::string listen = "127.0.0.1:0";
  settings::Fields fields;
  fields.address("routing.health_listen", listen, "where /metrics answers");
  const settings::Binary binary{"settings_probe", "Has a setting without a meaning.", {}};
  const settings::Versions known = versions();
  if (const auto exit_code = settings::configure(binary, fields, argc, argv, known))
    return *exit_code;
  statekit::Metrics metrics;
  settings::count_deprecated(metrics, fields);
  statekit::Health health;
  statekit::Program program("settings_probe");
  httpkit::add_health_page(program, listen, "routing.health_listen", health, metrics, {});
  return program.run();
}
