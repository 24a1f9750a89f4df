// Who writes: the name that commits carry, and a token so that a repeated request is applied once.
#pragma once

#include <string>

#include "cli/client/reports.hpp"

namespace millrace::cli {

// The user of this process, with a fresh token.
Write write_options(const std::string& reason);

}  // namespace millrace::cli
