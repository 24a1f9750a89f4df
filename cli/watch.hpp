// Waits until a file changes, and for Ctrl-C. For commands that do their work again then. Linux
// (inotify). Main thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::cli {

// Does the work, and again each time one of the files was written, replaced, came or went, until
// SIGINT or SIGTERM; changes that follow each other within `settle_ms` are one. What changes
// during the work is not missed. A folder that went is looked for each `missing_folder_ms`. An
// error: the files' folders cannot be watched when it begins.
inline constexpr int settle_ms = 50;
inline constexpr int missing_folder_ms = 250;
statekit::Status watch(const std::vector<std::string>& files, const std::function<void()>& work);

}  // namespace millrace::cli
