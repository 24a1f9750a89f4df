// Schema files as one side of a comparison: put in their place among the modules that they leave as
// they are, and checked there. Used by schema diff and schema compat. Pure.
#pragma once

#include <string>
#include <vector>

#include "schema/model.hpp"

namespace millrace::cli {

struct Side {
  schema::Schema schema;
  // Of the given modules only: what their change does to others is for the comparison to tell.
  std::vector<schema::Diagnostic> faults;
};

// The modules of `base`, but for those that are given, and the given ones. REQUIRES: both are
// resolved.
Side placed_on(const schema::Schema& base, const schema::Schema& given);

}  // namespace millrace::cli
