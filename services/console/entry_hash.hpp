// What one entry adds to ConsoleState's digest: a hash of its fields, the same on every machine.
// Used by state.cpp only. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "schema/change.hpp"

namespace millrace::console {

// FNV-1a over the fields, each with its length, then mixed so that sums of hashes tell sets apart.
class EntryHash {
 public:
  EntryHash& text(std::string_view value);
  EntryHash& number(std::uint64_t value);
  template <class List>
  EntryHash& texts(const List& values) {
    number(values.size());
    for (const auto& value : values) text(value);
    return *this;
  }
  std::uint64_t value() const;

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

std::uint64_t hash_of(const schema::Deployment& deployment);
std::uint64_t hash_of(const schema::Endpoint& endpoint);
std::uint64_t hash_of(const schema::Changeset& changeset);

}  // namespace millrace::console
