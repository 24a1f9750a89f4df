// What tells one build of a program from another: a hash over the words of its command and the
// contents of the files that they name. Reads files; main thread.
#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

// Twelve hex digits. The first word is looked up in `path` (PATH) where it holds no slash. So a
// rebuilt binary or an edited script is a new build, and the same one started twice is not.
std::string build_id(const std::vector<std::string>& command, const std::string& path);

}  // namespace millrace::cli
