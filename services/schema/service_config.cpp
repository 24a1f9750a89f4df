// The parts of the service that change and read config values.
#include <utility>

#include "schema/suggest.hpp"
#include "services/schema/config_types.hpp"
#include "services/schema/service.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Position;
using statekit::Result;

void Service::change_config(ChangeConfig command, CommandMeta meta, std::int64_t deadline_ms,
                            Done<Position> done) {
  if (statekit::Status able = check_readers(2); !able) return done(fail(able.error()));
  command.readers_level = readers_level();
  machine_.submit(std::move(command), std::move(meta), deadline_ms,
                  [this, done = std::move(done)](const Result<Committed>& result) {
                    if (!result) return done(fail(result.error()));
                    Position position = machine_.position();
                    if (position.revision != result->revision) position.digest = {};
                    position.revision = result->revision;
                    done(position);
                  });
}

Result<ConfigPlanAnswer> Service::plan(const ChangeConfig& command) const {
  const auto state = machine_.read();
  Result<std::vector<std::string>> lines = schema_service::plan(*state, command);
  if (!lines) return fail(std::move(lines.error()));
  return ConfigPlanAnswer{*std::move(lines), position_of(*state)};
}

namespace {

// A module that is not there and has left no values behind either.
statekit::Status check_module(const State& state, const std::string& module) {
  if (module.empty() || declaring(state, module) != nullptr) return {};
  const auto& all = state.config();
  const auto left = all.lower_bound({module, ""});
  if (left != all.end() && left->first.first == module) return {};
  std::vector<std::string_view> names;
  for (const Deployment* deployment : all_declaring(state))
    names.push_back(deployment->schema->name);
  return fail(Code::not_found, "no module " + module + " is deployed at revision " +
                                   std::to_string(state.revision()) +
                                   schema::did_you_mean(module, names));
}

}  // namespace

Result<ConfigAnswer> Service::config_of(const State& state, const std::string& module) const {
  if (statekit::Status known = check_module(state, module); !known) return fail(known.error());
  return ConfigAnswer{list_config(state, module), position_of(state)};
}

Result<ConfigAnswer> Service::config_at(const std::string& module, Revision revision) const {
  if (revision == 0) return config_of(*machine_.read(), module);
  const Result<State> state = schema_service::state_at(*journal_, revision);
  if (!state) return fail(state.error());
  return config_of(*state, module);
}

}  // namespace millrace::schema_service
