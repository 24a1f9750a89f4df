#include "services/console/entry_hash.hpp"

#include "statekit/entry_hash.hpp"
#include "statekit/types.hpp"

namespace millrace::console {

using statekit::EntryHash;

std::uint64_t hash_of(const schema::Deployment& deployment) {
  return EntryHash()
      .add("deployment")
      .add(deployment.key)
      .add(deployment.module())
      .add(statekit::to_bytes(deployment.schema_digest))
      .add(deployment.build)
      .add(std::uint64_t{deployment.replicas})
      .add(deployment.changeset)
      .add(std::uint64_t{static_cast<std::uint64_t>(deployment.phase)})
      .add(deployment.fixed_endpoint)
      .add(std::uint64_t{deployment.created_revision})
      .value();
}

std::uint64_t hash_of(const schema::Endpoint& endpoint) {
  return EntryHash()
      .add("endpoint")
      .add(endpoint.id)
      .add(endpoint.deployment)
      .add(endpoint.address)
      .add(endpoint.instance)
      .add(std::uint64_t{endpoint.leased})
      .add(std::uint64_t{endpoint.healthy})
      .add(std::uint64_t{endpoint.registered_revision})
      .value();
}

std::uint64_t hash_of(const schema::Changeset& changeset) {
  EntryHash hash;
  // Only where there are some, so that the digest of older states stays what it was.
  if (!changeset.accepted_breaks.empty()) hash.add_all(changeset.accepted_breaks);
  return hash.add("changeset")
      .add(changeset.key)
      .add(std::uint64_t{static_cast<std::uint64_t>(changeset.phase)})
      .add_all(changeset.deployments)
      .add_all(changeset.removed_modules)
      .add_all(changeset.replaced)
      .add(std::uint64_t{changeset.hold})
      .add(std::uint64_t{changeset.canary_percent})
      .add(std::uint64_t{static_cast<std::uint64_t>(changeset.deadline_ms)})
      .add(std::uint64_t{static_cast<std::uint64_t>(changeset.drain_ms_max)})
      .add(std::uint64_t{changeset.allow_breaking})
      .add(changeset.author)
      .add(changeset.reason)
      .add(changeset.failure)
      .add(std::uint64_t{changeset.created_revision})
      .add(std::uint64_t{changeset.phase_revision})
      .add(std::uint64_t{static_cast<std::uint64_t>(changeset.created_ms)})
      .value();
}

std::uint64_t hash_of(const schema::ConfigValue& value) {
  return EntryHash()
      .add("config")
      .add(value.module)
      .add(value.name)
      .add(value.json)
      .add(std::uint64_t{value.revision})
      .add(value.author)
      .add(std::uint64_t{static_cast<std::uint64_t>(value.time_ms)})
      .value();
}

std::uint64_t hash_of(const schema::SecretValue& secret) {
  return EntryHash()
      .add("secret")
      .add(secret.module)
      .add(secret.name)
      .add(secret.id)
      .add(secret.key_id)
      .add(secret.fingerprint)
      .add(std::uint64_t{secret.revision})
      .add(secret.author)
      .add(std::uint64_t{static_cast<std::uint64_t>(secret.time_ms)})
      .value();
}

}  // namespace millrace::console
