// The rules that decide.cpp is put together from, one file each group. Included by these and
// by their tests. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/schema/decide.hpp"

namespace millrace::schema_service {

using Events = std::vector<schema::Event>;

// decide_create.cpp
statekit::Result<Events> decide_create(const State& state, const statekit::CommandMeta& meta,
                                       const CreateChangeset& command);

// The schemas that it would make canonical: those of new deployments and of what it brings back.
std::vector<std::shared_ptr<const schema::Module>> coming(const State& state,
                                                          const CreateChangeset& command);

// decide_rollback_to.cpp
statekit::Result<Events> decide_rollback_to(const State& state, const statekit::CommandMeta& meta,
                                            const RollbackTo& command);
// The changeset that leads back, as the state is now; none: nothing has to change.
statekit::Result<std::optional<CreateChangeset>> way_back(const State& state,
                                                          const RollbackTo& command);

// decide_changeset.cpp
statekit::Result<Events> decide_commit(const State& state, const CommitChangeset& command);
statekit::Result<Events> decide_rollback(const State& state, const statekit::CommandMeta& meta,
                                         const RollbackChangeset& command);
statekit::Result<Events> decide_fail(const State& state, const statekit::CommandMeta& meta,
                                     const FailChangeset& command);
Events decide_advance(const State& state, const Advance& facts);
Events decide_removal(const State& state, const RemoveDeployments& command);

// decide_endpoint.cpp
statekit::Result<Events> decide_registration(const State& state, const RegisterEndpoint& command);
Events decide_removal(const State& state, const RemoveEndpoint& command);
Events decide_health(const State& state, const SetEndpointHealth& command);

// decide_config.cpp
statekit::Result<Events> decide_config(const State& state, const ChangeConfig& command);
// Where one name of a command stands; revision 0: it has no value.
struct Standing {
  std::string name;
  statekit::Revision revision = 0;
  std::string author;
};
// Nothing that the caller has not seen may have changed after `seen`. `unset`: when the last of its
// kind lost its value; `what`: the kind, in the plural.
statekit::Status check_seen(const State& state, std::optional<statekit::Revision> seen,
                            const std::vector<Standing>& standing, statekit::Revision unset,
                            const std::string& what);

// decide_secrets.cpp
statekit::Result<Events> decide_secrets(const State& state, const ChangeSecrets& command);
Events decide_rewrap(const State& state, const RewrapSecrets& command);

// decide_access.cpp
statekit::Result<Events> decide_token(const State& state, const statekit::CommandMeta& meta,
                                      const CreateToken& command);
statekit::Result<Events> decide_revocation(const State& state, const RevokeTokens& command);
statekit::Result<Events> decide_roles(const State& state, const SetRoles& command);

// Ok when the canonical schema with these modules put in and those removed is in order;
// InvalidArgument with a diagnostic in each detail when it is not.
statekit::Status check_change(const State& state,
                              const std::vector<std::shared_ptr<const schema::Module>>& modules,
                              const std::vector<std::string>& removed);

}  // namespace millrace::schema_service
