// Questions that an editor asks about schema text: which names stand where, what a name declares,
// what could stand at a place, what a file holds. Called by `millrace schema lsp`. Pure; they work
// on what could be read of a file that has faults. docs/editors/README.md shows the result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/index.hpp"
#include "schema/model.hpp"

namespace millrace::schema {

// A name in a file, without the `module.` in front of it.
struct Occurrence {
  Spot spot;
  std::uint32_t length = 0;  // characters
  Ref target;                // a module where its name is empty
  bool declaration = false;
};

// All names in the module, in order of place. `text`: of the file that it was read from.
// REQUIRES: resolved.
std::vector<Occurrence> occurrences(const Module& module, std::string_view text);

// What is declared, as schema text without the comments above it; empty: nothing is.
std::string declaration_text(const Index& index, const Ref& ref);
// The comments above it, as they stand.
std::string declaration_comments(const Index& index, const Ref& ref);

enum class SymbolKind : std::uint8_t {
  module,
  verb,
  data,
  enumeration,
  alias,
  topic,
  value,
  field
};

// A declaration and what is inside; lines count from 1.
struct Symbol {
  std::string name;
  std::string detail;  // its type or keyword
  SymbolKind kind = SymbolKind::module;
  Spot spot;  // of the name
  std::uint32_t last_line = 0;
  std::vector<Symbol> children;
};
std::vector<Symbol> symbols(const std::vector<const Module*>& modules);

struct Completion {
  std::string text;
  std::string detail;
  SymbolKind kind = SymbolKind::value;
  bool keyword = false;
};
// What could stand where `before`, the text up to the cursor, ends; whole words, also those that do
// not begin like the one being typed. `modules`: all that can be named.
std::vector<Completion> completions(std::string_view before,
                                    const std::vector<const Module*>& modules);

}  // namespace millrace::schema
