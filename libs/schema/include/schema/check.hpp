// The checker: every rule about a schema that goes beyond its grammar (docs/schema-language.md
// lists them). Called by the schema service before anything is deployed and by `schema check`.
// Pure, free of threads. REQUIRES: the schema is resolved (schema/resolve.hpp).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model.hpp"

namespace millrace::schema {

// All complaints about all modules, sorted by place. Empty: the schema is valid.
std::vector<Diagnostic> check(const Schema& schema);

// The same, for a schema of which only some modules changed (or went): complaints about these and
// about the modules that refer to them, directly or through others.
std::vector<Diagnostic> check_changed(const Schema& schema, const std::set<std::string>& changed);
// For who keeps modules one by one: nothing is copied.
std::vector<Diagnostic> check_changed(const std::vector<const Module*>& all,
                                      const std::set<std::string>& changed);

// Every rule that `check` and the parser know, in the order of docs/schema-language.md.
const std::vector<std::string_view>& rule_names();

// What is valid, but nothing in Millrace carries out yet (`+cron`, `+subscribe`, `+sql`, `+egress`,
// databases): rule `not-executed`, severity `warning`, sorted by place.
std::vector<Diagnostic> warnings(const Schema& schema);

// What `schema check FILE...` does: parses the files, joins them, resolves and checks. With syntax
// errors only what does not depend on the parts that are missing is checked: names, duplicates and
// the place of metadata.
struct SourceText {
  std::string file;
  std::string text;
};
struct CheckedSchema {
  Schema schema;                        // resolved
  std::vector<Diagnostic> diagnostics;  // errors
  std::vector<Diagnostic> warnings;
  bool ok() const { return diagnostics.empty(); }
};
CheckedSchema parse_and_check(const std::vector<SourceText>& sources);

}  // namespace millrace::schema
