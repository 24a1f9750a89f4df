// Judges of settings that say where another service is, in the words that gRPC takes: host:port,
// dns:///host:port, ipv4:..., ipv6:..., unix:PATH. Used by the services' describe(). What gRPC
// connects to today is never refused, however odd; see tests/cli/target_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

enum class Reach { likely, odd, never };

// Whether gRPC can ever connect to it.
Reach reach_of(std::string_view target);

// Of what a service cannot do without: refused where none of them can ever be connected to. What
// they refer to outlives the judge.
Judge needed_targets(const std::vector<std::string>& targets);
// The same of a text with commas between.
Judge needed_targets(const std::string& targets);
// Of what it can do without. Empty: none. `without`: what is then missing, such as "nothing is
// told".
Judge wanted_target(const std::string& target, std::string without);
// The same of a list, which may not be empty.
Judge wanted_targets(const std::vector<std::string>& targets, std::string without);

}  // namespace millrace::settings
