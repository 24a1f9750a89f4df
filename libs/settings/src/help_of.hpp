// The lines of --help for some of the settings. Free of threads.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

std::string help_of(const std::vector<Field>& fields);

}  // namespace millrace::settings
