#include "services/console/entry_hash.hpp"

#include "statekit/types.hpp"

namespace millrace::console {

EntryHash& EntryHash::text(std::string_view value) {
  number(value.size());
  for (const char octet : value)
    hash_ = (hash_ ^ static_cast<unsigned char>(octet)) * 0x100000001b3ULL;
  return *this;
}

EntryHash& EntryHash::number(std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8)
    hash_ = (hash_ ^ ((value >> shift) & 0xff)) * 0x100000001b3ULL;
  return *this;
}

std::uint64_t EntryHash::value() const {
  std::uint64_t mixed = hash_;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93ULL;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93ULL;
  return mixed ^ (mixed >> 32);
}

std::uint64_t hash_of(const schema::Deployment& deployment) {
  return EntryHash()
      .text("deployment")
      .text(deployment.key)
      .text(deployment.module())
      .text(statekit::to_bytes(deployment.schema_digest))
      .text(deployment.build)
      .number(deployment.replicas)
      .text(deployment.changeset)
      .number(static_cast<std::uint64_t>(deployment.phase))
      .text(deployment.fixed_endpoint)
      .number(deployment.created_revision)
      .value();
}

std::uint64_t hash_of(const schema::Endpoint& endpoint) {
  return EntryHash()
      .text("endpoint")
      .text(endpoint.id)
      .text(endpoint.deployment)
      .text(endpoint.address)
      .text(endpoint.instance)
      .number(endpoint.leased ? 1 : 0)
      .number(endpoint.healthy ? 1 : 0)
      .number(endpoint.registered_revision)
      .value();
}

std::uint64_t hash_of(const schema::Changeset& changeset) {
  EntryHash hash;
  // Only where there are some, so that the digest of older states stays what it was.
  if (!changeset.accepted_breaks.empty()) hash.texts(changeset.accepted_breaks);
  return hash.text("changeset")
      .text(changeset.key)
      .number(static_cast<std::uint64_t>(changeset.phase))
      .texts(changeset.deployments)
      .texts(changeset.removed_modules)
      .texts(changeset.replaced)
      .number(changeset.hold ? 1 : 0)
      .number(changeset.canary_percent)
      .number(static_cast<std::uint64_t>(changeset.deadline_ms))
      .number(static_cast<std::uint64_t>(changeset.drain_ms_max))
      .number(changeset.allow_breaking ? 1 : 0)
      .text(changeset.author)
      .text(changeset.reason)
      .text(changeset.failure)
      .number(changeset.created_revision)
      .number(changeset.phase_revision)
      .number(static_cast<std::uint64_t>(changeset.created_ms))
      .value();
}

}  // namespace millrace::console
