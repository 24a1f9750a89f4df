// Many changes against what is set: what is so already, what is left to unset. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/reports.hpp"

namespace millrace::cli {

// What the schema service takes in one command.
inline constexpr std::size_t config_changes_at_once = 1'000;

using ConfigKey = std::pair<std::string, std::string>;  // module, name

// Whether both say the same value: in any order of names and with any spaces. Integers are compared
// digit for digit, so 1 and 1.0 are not the same here. REQUIRES: both are JSON.
bool same_json(const std::string& one, const std::string& other);

// The changes that would change something, in their order. `now`: what is set.
std::vector<ConfigChange> without_same(std::vector<ConfigChange> changes,
                                       const std::map<ConfigKey, std::string>& now);

// Adds that what is set, and not named by the changes, is unset.
void unset_others(const std::map<ConfigKey, std::string>& now, std::vector<ConfigChange>& changes);

}  // namespace millrace::cli
