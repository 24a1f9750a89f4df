// SchemaService as commands see it: blocking calls with a deadline, values in and out. Errors of
// the connection say at which address and how to change it. With several addresses (replicas) the
// next is asked where one cannot be reached or is silent; every write carries a token, so that it
// may, and no answer is older than what this client was told before. A write whose outcome cannot
// be found out fails with Unknown. Thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/reports.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// For one question; with several replicas half as long again, for all attempts together.
inline constexpr std::int64_t schema_ms_max = 10'000;

class SchemaClient {
 public:
  // `linearizable`: reads are not older than any commit that was acknowledged anywhere before.
  explicit SchemaClient(const std::string& addresses, std::int64_t deadline_ms = schema_ms_max,
                        bool linearizable = false);
  ~SchemaClient();
  SchemaClient(const SchemaClient&) = delete;
  SchemaClient& operator=(const SchemaClient&) = delete;

  statekit::Result<Pong> ping() const;
  // `modules` empty: all. `at` 0: now.
  statekit::Result<SchemaReport> get_schema(const std::vector<std::string>& modules,
                                            statekit::Revision at = 0) const;
  // `deadline_ms`, here and below: for all of it, instead of the client's own; 0: the client's own.
  statekit::Result<StatusReport> status(std::int64_t deadline_ms = 0) const;
  statekit::Result<DeploymentsReport> deployments(const std::string& module) const;
  statekit::Result<DeploymentsReport> deployment(const std::string& key,
                                                 std::int64_t deadline_ms = 0) const;
  // One page.
  statekit::Result<HistoryReport> history(const HistoryFilter& filter) const;
  statekit::Result<DeployAnswer> create_changeset(const DeployOrder& order) const;
  // What was canonical at that revision, as a new changeset; or the plan of it.
  statekit::Result<DeployAnswer> rollback_to(const RollbackOrder& order) const;
  statekit::Result<ChangesetReport> changeset(const std::string& key,
                                              std::int64_t deadline_ms = 0) const;
  statekit::Result<ChangesetList> changesets(bool active_only, std::uint32_t limit) const;
  statekit::Result<ChangesetReport> commit(const std::string& key, const Write& write) const;
  statekit::Result<ChangesetReport> rollback(const std::string& key, const Write& write) const;
  statekit::Result<ChangesetReport> fail(const std::string& key, const Write& write) const;
  statekit::Result<ConfigAnswer> change_config(const ConfigOrder& order) const;
  // `module` empty: all. `at` 0: now, no older than any acknowledged write.
  statekit::Result<ConfigReport> config(const std::string& module, statekit::Revision at = 0) const;
  statekit::Result<ConfigAnswer> change_secrets(const SecretOrder& order) const;
  // In clear, by module and name; who asks is told in the service's audit.
  statekit::Result<std::vector<SeenSecret>> see_secrets(
      const Write& write, const std::vector<std::pair<std::string, std::string>>& names) const;
  statekit::Result<SecretReport> secrets(const std::string& module) const;
  statekit::Result<RotateReport> rotate_secrets(const RotateOrder& order) const;
  statekit::Result<statekit::Position> create_token(const TokenOrder& order) const;
  statekit::Result<statekit::Position> revoke_tokens(const std::vector<std::string>& ids,
                                                     const Write& write) const;
  // No roles: they are taken away.
  statekit::Result<statekit::Position> set_roles(const std::string& principal,
                                                 const std::vector<access::RoleBinding>& roles,
                                                 const Write& write) const;
  statekit::Result<AccessReport> access() const;
  // The config that a deployment is given at first. Its secrets are not asked for; a service of an
  // earlier version sends them, so whoever calls this writes no core dumps.
  statekit::Result<ContextReport> first_config(const std::string& deployment) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::cli
