// The parts of the service that say who may do what.
#include <utility>

#include "services/schema/service.hpp"

namespace millrace::schema_service {

using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Position;
using statekit::Result;

void Service::change_access(Command command, CommandMeta meta, std::int64_t deadline_ms,
                            Done<Position> done) {
  std::visit(
      [this](auto& each) {
        if constexpr (requires { each.readers_level; }) each.readers_level = readers_level();
      },
      command);
  machine_.submit(std::move(command), std::move(meta), deadline_ms,
                  [this, done = std::move(done)](const Result<Committed>& result) {
                    if (!result) return done(fail(result.error()));
                    Position position = machine_.position();
                    if (position.revision != result->revision) position.digest = {};
                    position.revision = result->revision;
                    done(position);
                  });
}

AccessAnswer Service::access() const {
  const auto state = machine_.read();
  AccessAnswer answer;
  for (const auto& [id, token] : state->book().tokens()) answer.tokens.push_back(token);
  for (const auto& [principal, grant] : state->book().grants()) answer.grants.push_back(grant);
  answer.position = position_of(*state);
  return answer;
}

}  // namespace millrace::schema_service
