// Schema files as commands read them. Blocking, main thread.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// The whole file; "-" is standard input. At most `bytes_max`.
statekit::Result<std::string> read_source(const std::string& path, std::size_t bytes_max);

struct Source {
  schema::Schema schema;  // of all files, references qualified
  std::vector<schema::Diagnostic> diagnostics;
};

// Reads and merges the files; diagnostics of the grammar only. An error: a file cannot be read.
statekit::Result<Source> read_schema(const std::vector<std::string>& files);

// Prints diagnostics to `err`, or as JSON to `out`; refused where there are any.
int report(const Session& session, const std::vector<schema::Diagnostic>& diagnostics);

}  // namespace millrace::cli
