// Files as commands and the language server read them: whole, within a limit, not yet parsed.
// Blocking, one thread.
#pragma once

#include <string>
#include <vector>

#include "schema/check.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// The whole file; "-" is standard input. At most `bytes_max`.
statekit::Result<std::string> read_source(const std::string& path, std::size_t bytes_max);

// Schema files as they are. What cannot be read is a diagnostic (rule `file`, or `syntax` for one
// over the limit), and the others are read all the same.
struct Texts {
  std::vector<schema::SourceText> files;
  std::vector<schema::Diagnostic> diagnostics;
};
Texts read_texts(const std::vector<std::string>& files);

}  // namespace millrace::cli
