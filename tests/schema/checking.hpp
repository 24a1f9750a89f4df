// Checks schema text and tells the outcome in a form that is short to compare.
#pragma once

#include <string>

#include "schema/check.hpp"

namespace millrace::schema {

inline std::string listed(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& found : diagnostics) {
    text += (text.empty() ? "" : ", ") + found.rule + " " + std::to_string(found.place.line) + ":" +
            std::to_string(found.place.column);
  }
  return text;
}

// "unknown-ref 1:7, wrong-kind 2:3", or nothing for a valid schema.
inline std::string rules(const std::string& text) {
  return listed(parse_and_check({{"f", text}}).diagnostics);
}

// The same for what stands inside `module a { ... }`, which starts at column 12.
inline std::string in_module(const std::string& text) { return rules("module a { " + text + " }"); }

// The messages, one a line.
inline std::string messages(const std::string& text) {
  std::string out;
  for (const Diagnostic& found : parse_and_check({{"f", text}}).diagnostics) {
    out += found.message + "\n";
  }
  return out;
}

}  // namespace millrace::schema
