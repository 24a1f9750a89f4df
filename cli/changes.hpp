// Changes of a schema as commands show them: those of a plan, which the service found, and those of
// files, which are compared here. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/client/reports.hpp"
#include "schema/model.hpp"

namespace millrace::cli {

// What is different, with who of the old schema meets it.
std::vector<PlannedChange> changes_between(const schema::Schema& before,
                                           const schema::Schema& after);

bool is_breaking(const std::vector<PlannedChange>& changes);

// For people: a line for each, `!` in front of what breaks, and below it why and whom; then a line
// that counts them.
std::string text_of(const std::vector<PlannedChange>& changes, bool colours,
                    bool breaking_only = false);

}  // namespace millrace::cli
