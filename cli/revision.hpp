// A revision as people write it. For the commands that take one; free of threads.
#pragma once

#include <string>

#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::cli {

// A whole number from 1; the error says so, and where revisions are shown.
statekit::Result<statekit::Revision> read_revision(const std::string& word);

}  // namespace millrace::cli
