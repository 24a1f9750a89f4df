// What can be asked of the schema service's state: requests of clients, facts of the clockwork
// (rollout.hpp), of the leases (leases.hpp) and of the probes (probes.hpp). A command may be
// refused; decide.hpp says with which events it is answered. Keys and ids are made by the caller,
// since randomness is an argument. Values, free of threads; times in milliseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/change.hpp"

namespace millrace::schema_service {

// Limits of one changeset.
inline constexpr std::size_t changeset_modules_max = 1'000;
inline constexpr std::uint32_t replicas_max = 1'000;
inline constexpr std::size_t endpoints_of_deployment_max = 1'000;
inline constexpr std::int64_t deadline_ms_longest = 24 * 3'600'000;
inline constexpr std::int64_t deadline_ms_default = 60'000;
inline constexpr std::int64_t drain_ms_default = 30'000;

// Limits of config values: of one, of one command, of all that are set together.
inline constexpr std::size_t config_value_bytes_max = 64 * 1024;
inline constexpr std::size_t config_changes_max = 1'000;
inline constexpr std::size_t config_bytes_max = std::size_t{8} << 20;

struct NewModule {
  std::shared_ptr<const schema::Module> schema;  // resolved
  statekit::Digest digest;                       // schema::module_digest of it
  std::string build;
  std::uint32_t replicas = 1;
  std::string fixed_endpoint;  // host:port; empty: endpoints register themselves
  std::string deployment;      // the key that a new deployment gets
  std::string endpoint;        // the id that its fixed endpoint gets
  bool operator==(const NewModule&) const = default;
};

struct CreateChangeset {
  std::string key;
  std::vector<NewModule> modules;
  std::vector<std::string> removed_modules;
  std::vector<std::string> reinstated;  // deployments still kept, to be canonical again
  bool hold = false;
  std::uint32_t canary_percent = 0;
  std::int64_t deadline_ms = deadline_ms_default;
  std::int64_t drain_ms_max = drain_ms_default;
  bool allow_breaking = false;
  std::vector<std::string> accepted_breaks;  // with allow_breaking: these only; none: all there are
  bool redeploy = false;
  // Not 0: it goes back to this revision, so that nobody named what is removed.
  statekit::Revision back_to = 0;
  bool operator==(const CreateChangeset&) const = default;
};

// Makes canonical again what was so at an earlier revision. `request.modules` are those that were
// deployed then, with the keys that new deployments would get; all others are removed.
struct RollbackTo {
  statekit::Revision revision = 0;
  CreateChangeset request;
  bool operator==(const RollbackTo&) const = default;
};

struct CommitChangeset {
  std::string changeset;
  bool operator==(const CommitChangeset&) const = default;
};
struct RollbackChangeset {
  std::string changeset;
  bool operator==(const RollbackChangeset&) const = default;
};
struct FailChangeset {
  std::string changeset;
  bool operator==(const FailChangeset&) const = default;
};

struct RegisterEndpoint {
  std::string deployment;
  std::string address;
  std::string instance;
  std::string id;  // that a new endpoint gets
  bool operator==(const RegisterEndpoint&) const = default;
};

// Both name the registration that they are about: nothing happens when it has been renewed since.
struct RemoveEndpoint {
  std::string endpoint;
  statekit::Revision registered_revision = 0;
  std::string reason;
  bool operator==(const RemoveEndpoint&) const = default;
};
struct SetEndpointHealth {
  std::string endpoint;
  statekit::Revision registered_revision = 0;
  bool healthy = true;
  bool operator==(const SetEndpointHealth&) const = default;
};

// What the clockwork knows of a changeset. Nothing happens when its phase has moved on since.
struct Advance {
  std::string changeset;
  statekit::Revision phase_revision = 0;
  std::int64_t elapsed_ms = 0;  // since this process applied the revision that began the phase
  bool acknowledged = false;    // all known routing followers have applied phase_revision
  bool calls_done = false;      // nothing can be in flight to what was replaced
  bool operator==(const Advance&) const = default;
};

// Deployments that were kept for their time. Those that are neither retired nor failed stay.
struct RemoveDeployments {
  std::vector<std::string> deployments;
  bool operator==(const RemoveDeployments&) const = default;
};

// Of commands that may write newer kinds of events: `readers_level` is the newest feature level
// that every live replica and follower can read.
struct ConfigChange {
  std::string module;  // empty: for each module that declares the name and has no value of its own
  std::string name;
  std::optional<std::string> json;  // none: unset
  bool operator==(const ConfigChange&) const = default;
};
// All of them or none.
struct ChangeConfig {
  std::vector<ConfigChange> changes;
  std::optional<statekit::Revision> if_revision;  // refused where one has changed after it
  std::uint32_t readers_level = schema::feature_level_newest;  // see below
  bool operator==(const ChangeConfig&) const = default;
};

struct SecretChange {
  std::string module;
  std::string name;
  // Sealed, with module and name as here; none: unset. Revision, author and time are not set.
  std::optional<schema::SecretValue> secret;
  bool operator==(const SecretChange&) const = default;
};
// All of them or none. Values were checked before they were sealed: against the types of these
// deployments, which must be the ones that declare the names still.
struct ChangeSecrets {
  std::vector<SecretChange> changes;
  std::vector<std::string> checked;  // keys, sorted
  std::optional<statekit::Revision> if_revision = {};
  std::uint32_t readers_level = schema::feature_level_newest;
  bool operator==(const ChangeSecrets&) const = default;
};
// Data keys wrapped by another key. One whose secret has another id by now is left out.
struct RewrapSecrets {
  std::vector<schema::SecretRewrapped> secrets;
  std::uint32_t readers_level = schema::feature_level_newest;
  bool operator==(const RewrapSecrets&) const = default;
};

// A token, of which its owner knows the text and this only the hash. With roles, they become the
// principal's.
struct CreateToken {
  access::Token token;  // revision, author and time are not set
  std::vector<access::RoleBinding> roles;
  std::uint32_t readers_level = schema::feature_level_newest;
  bool operator==(const CreateToken&) const = default;
};
inline constexpr std::size_t tokens_revoked_max = 1'000;  // at a time
struct RevokeTokens {
  std::vector<std::string> ids;
  std::uint32_t readers_level = schema::feature_level_newest;
  bool operator==(const RevokeTokens&) const = default;
};
// No roles: the principal may do nothing any more.
struct SetRoles {
  std::string principal;
  std::vector<access::RoleBinding> roles;
  std::uint32_t readers_level = schema::feature_level_newest;
  bool operator==(const SetRoles&) const = default;
};

using Command = std::variant<CreateChangeset, CommitChangeset, RollbackChangeset, FailChangeset,
                             RegisterEndpoint, RemoveEndpoint, SetEndpointHealth, Advance,
                             RemoveDeployments, RollbackTo, ChangeConfig, ChangeSecrets,
                             RewrapSecrets, CreateToken, RevokeTokens, SetRoles>;

}  // namespace millrace::schema_service
