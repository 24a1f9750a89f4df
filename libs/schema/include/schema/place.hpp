// Where things stand in schema text, the comments around them, and the diagnostics that point at
// them. Made by the parser, read by the printer and the checker. Values, free of threads.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::schema {

// A place in a file. Lines and columns count from 1, columns in characters (a tab is one);
// 0 means that the thing was never written in a file.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Place&) const = default;
};

// The place of a node inside its module's file. Never part of the node's identity: any two spots
// are equal, so that a schema that was moved, reformatted or sent over the wire equals itself.
struct Spot {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend constexpr bool operator==(const Spot&, const Spot&) { return true; }
};

// The comments of one node, each without its slashes and the one space after them. They are part
// of a node's identity (operator==), but not of a module's digest.
struct Comments {
  std::vector<std::string> before;   // lines above
  std::string after;                 // at the end of the node's line, or after its opening brace
  std::vector<std::string> closing;  // lines between the last thing inside and the closing brace
  std::string end;                   // on the line of the closing brace
  bool operator==(const Comments&) const = default;
  bool empty() const { return before.empty() && after.empty() && closing.empty() && end.empty(); }
};

enum class Severity : std::uint8_t {
  error,    // the schema is refused
  warning,  // it is taken, but something about it will surprise
};
std::string_view name_of(Severity severity);  // "error", "warning"

// One complaint, with what to do about it where that is known.
struct Diagnostic {
  Place place;
  std::string rule;     // "syntax", "unknown-ref", ...: docs/schema-language.md lists them
  std::string message;  // one line
  Severity severity = Severity::error;
  auto operator<=>(const Diagnostic&) const = default;
};

// "echo.schema:3:7: error[unknown-ref]: ..."
std::string to_string(const Diagnostic& diagnostic);

// Orders by file, line and column (as numbers), then drops exact repetitions.
void sort_diagnostics(std::vector<Diagnostic>& diagnostics);

}  // namespace millrace::schema
