// Schema files as commands read them. Blocking, main thread.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "cli/source_text.hpp"
#include "schema/check.hpp"
#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

struct Source {
  schema::Schema schema;  // of all files, references qualified
  std::vector<schema::Diagnostic> diagnostics;
};

// Reads and merges the files; diagnostics only of the grammar, of files that cannot be read and of
// what comes twice.
statekit::Result<Source> read_schema(const std::vector<std::string>& files);

// Prints diagnostics to `err`, or as JSON to `out`; refused where any is an error.
int report(const Session& session, const std::vector<schema::Diagnostic>& diagnostics);

// What is valid but carried out by nothing yet, for commands that go on all the same: told on
// `err` as text, since `out` is for what the command answers. Strict: reported as errors instead.
int tell_warnings(const Session& session, const schema::Schema& schema, bool strict);

}  // namespace millrace::cli
