// Reads a small file that only its owner may read. Used where a file holds tokens.
#pragma once

#include <string>

#include "statekit/result.hpp"

namespace millrace::access {

// FailedPrecondition where it cannot be read, others can read it, or it is larger than a token is.
statekit::Result<std::string> read_private_file(const std::string& path);

}  // namespace millrace::access
