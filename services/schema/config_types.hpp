// Configs as deployed modules declare them, and values held against their types. Asked when a value
// is set, when a deploy changes a type, and when a deployment is given its values. Pure, free of
// threads. REQUIRES: the state outlives what is made of it, unchanged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/index.hpp"
#include "schema/json.hpp"
#include "services/schema/state.hpp"

namespace millrace::schema_service {

// The deployment whose declarations count for a module: the canonical one, else one that is about
// to be. Null: there is neither.
const Deployment* declaring(const State& state, const std::string& module);
// One for each module, by name.
std::vector<const Deployment*> all_declaring(const State& state);

// A deployment's module with all that its types refer to: as its own changeset leaves it while that
// is on its way, canonical otherwise.
schema::Index types_around(const State& state, const Deployment& deployment);

// A value in the canonical form of a type, or every fault.
schema::JsonResult canonical_value(const schema::Index& types, const schema::Type& type,
                                   std::string_view json);
// Of whatever type: the same value without spaces. Refused: what is no JSON.
schema::JsonResult untyped_value(std::string_view json);

// "shop.limits/items/3: wanted Int, got string "x"", a line for each fault.
std::vector<std::string> lines_of(const std::string& name,
                                  const std::vector<schema::JsonFault>& faults);

}  // namespace millrace::schema_service
