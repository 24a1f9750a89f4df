// The file that `settings upgrade` writes over another. Used by the one thread of a command.
#pragma once

#include <string>

#include "statekit/result.hpp"

namespace millrace::cli {

// The file that `path` leads to, through links, holds `text` afterwards, or else what it held: it
// is never there in half. Owner, group, mode and access list stay. FailedPrecondition where they
// could not, where the file is read-only, or where it is not `before` any more; Unavailable where
// its folder cannot be written. The message says that nothing was changed.
statekit::Status replace_settings_file(const std::string& path, const std::string& before,
                                       const std::string& text);

}  // namespace millrace::cli
