// Schema text to model and back: the parser, the canonical printer and the formatter. Called by the
// schema service, the CLI and tests. Pure, linear in the length of the text, free of threads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model.hpp"

namespace millrace::schema {

struct ParseResult {
  Schema schema;  // what could be read, even where there are diagnostics
  // Rules `syntax`, `invalid-name` and `duplicate-realm`, sorted; empty: all was read.
  std::vector<Diagnostic> diagnostics;
  // The work done, in letters looked at and entries moved: linear in the length of the text.
  std::size_t steps = 0;
  bool ok() const { return diagnostics.empty(); }
};

// Reads one file. Goes on after an error and reports further ones. References stay as written
// (schema/resolve.hpp qualifies them); metadata is put in canonical order; comments are kept.
// Limits are in schema/limits.hpp.
ParseResult parse(std::string_view text, std::string file);

// The canonical form: parse(print(x)) == x for every x whose metadata is in canonical order, and
// print(parse(print(x))) is print(x).
std::string print(const Schema& schema);
std::string print(const Module& module);
std::string print_without_comments(const Module& module);

// What `schema fmt` writes. With diagnostics the text stays empty.
struct FormatResult {
  std::string text;
  std::vector<Diagnostic> diagnostics;
  bool ok() const { return diagnostics.empty(); }
};
FormatResult format(std::string_view text, std::string file);

// Adds what another file holds. A realm that both have becomes one; one that is external here and
// not there is a clash (`duplicate-realm`), and the first counts. Says nothing of duplicate
// modules: the checker does.
std::vector<Diagnostic> merge(Schema& into, Schema more);

}  // namespace millrace::schema
