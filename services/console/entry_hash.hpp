// What each entry adds to ConsoleState's digest: a hash of its fields, the same on every machine.
// Used by state.cpp only. Pure.
#pragma once

#include <cstdint>

#include "schema/change.hpp"

namespace millrace::console {

std::uint64_t hash_of(const schema::Deployment& deployment);
std::uint64_t hash_of(const schema::Endpoint& endpoint);
std::uint64_t hash_of(const schema::Changeset& changeset);
std::uint64_t hash_of(const schema::ConfigValue& value);
std::uint64_t hash_of(const schema::SecretValue& secret);

}  // namespace millrace::console
