// The modules that the simulated clients deploy: a few names in a few versions, some of which call
// others, answer the same route, need no endpoint or drop a verb. Test support.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/model.hpp"

namespace millrace::sim {

inline constexpr std::size_t versions = 3;
const std::vector<std::string>& module_names();
// Version 0 to versions - 1, made once.
std::shared_ptr<const schema::Module> module_of(const std::string& name, std::size_t version);

}  // namespace millrace::sim
