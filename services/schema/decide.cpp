#include "services/schema/decide.hpp"

#include <algorithm>
#include <utility>

#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;

namespace {

struct Decide {
  const State& state;
  const CommandMeta& meta;

  Result<Events> operator()(const CreateChangeset& command) const {
    return decide_create(state, meta, command);
  }
  Result<Events> operator()(const CommitChangeset& command) const {
    return decide_commit(state, command);
  }
  Result<Events> operator()(const RollbackChangeset& command) const {
    return decide_rollback(state, meta, command);
  }
  Result<Events> operator()(const FailChangeset& command) const {
    return decide_fail(state, meta, command);
  }
  Result<Events> operator()(const RegisterEndpoint& command) const {
    return decide_registration(state, command);
  }
  Result<Events> operator()(const RemoveEndpoint& command) const {
    return decide_removal(state, command);
  }
  Result<Events> operator()(const SetEndpointHealth& command) const {
    return decide_health(state, command);
  }
  Result<Events> operator()(const Advance& facts) const { return decide_advance(state, facts); }
  Result<Events> operator()(const RemoveDeployments& command) const {
    return decide_removal(state, command);
  }
  Result<Events> operator()(const RollbackTo& command) const {
    return decide_rollback_to(state, meta, command);
  }
  Result<Events> operator()(const ChangeConfig& command) const {
    return decide_config(state, command);
  }
  Result<Events> operator()(const ChangeSecrets& command) const {
    return decide_secrets(state, command);
  }
  Result<Events> operator()(const RewrapSecrets& command) const {
    return decide_rewrap(state, command);
  }
  Result<Events> operator()(const CreateToken& command) const {
    return decide_token(state, meta, command);
  }
  Result<Events> operator()(const RevokeTokens& command) const {
    return decide_revocation(state, command);
  }
  Result<Events> operator()(const SetRoles& command) const { return decide_roles(state, command); }
};

// The level is raised in the commit of the first event that needs it, before that event: a reader
// that does not know the level, or the event, stops before the whole commit.
Result<Events> at_level(const State& state, const Command& command, Events events) {
  std::uint32_t needed = 1;
  for (const schema::Event& event : events)
    needed = std::max(needed, schema::feature_level_of(event));
  if (needed <= state.feature_level()) return events;
  const std::uint32_t readable = std::visit(
      [](const auto& each) {
        if constexpr (requires { each.readers_level; }) return each.readers_level;
        return schema::feature_level_newest;  // a command that does not ask is not held up
      },
      command);
  if (readable < needed)
    return fail(Code::failed_precondition,
                "this needs feature level " + std::to_string(needed) +
                    ", and not every replica and follower that is connected can read it: upgrade "
                    "them first");
  events.insert(events.begin(), schema::FeatureLevelRaised{needed});
  return events;
}

}  // namespace

Result<Decision> decide(const State& state, const CommandMeta& meta, const Command& command) {
  if (!meta.token.empty()) {
    if (const RememberedRequest* before = state.remembered({meta.principal, meta.token})) {
      if (before->request_hash == meta.request_hash) return Decision{{}, before->revision};
      return fail(Code::invalid_argument,
                  "this token came with another request before: use a new token for each request");
    }
  }
  Result<Events> events = std::visit(Decide{state, meta}, command);
  if (events) events = at_level(state, command, std::move(*events));
  if (!events) return fail(std::move(events.error()));
  // Remembered even when there is nothing to do: the same token gets the same answer later on.
  if (!meta.token.empty())
    events->push_back(schema::RequestRemembered{meta.principal, meta.token, meta.request_hash});
  return Decision{std::move(*events), {}};
}

}  // namespace millrace::schema_service
