// Which modules a commit is about, where its events name a changeset or an endpoint only. Pure;
// called by the history projection, which keeps the names beside its index.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schema/change.hpp"

namespace millrace::schema_service {

struct NamedModules {
  std::string key;  // of a changeset or an endpoint
  std::vector<std::string> modules;
  bool operator==(const NamedModules&) const = default;
};

// What later events may name of this one.
std::vector<NamedModules> names_in(const schema::Event& event);
// The same of all that a snapshot holds.
std::vector<NamedModules> names_in(const schema::Snapshot& snapshot);

// The modules of an event, sorted; `lookup` knows the names of the events before it.
using LookUp = std::function<std::vector<std::string>(const std::string& key)>;
std::vector<std::string> modules_of(const schema::Event& event, const LookUp& lookup);

}  // namespace millrace::schema_service
