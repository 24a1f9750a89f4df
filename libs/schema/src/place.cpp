#include "schema/place.hpp"

#include <algorithm>

namespace millrace::schema {

std::string_view name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::string to_string(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " +
         std::string(name_of(diagnostic.severity)) + "[" + diagnostic.rule +
         "]: " + diagnostic.message;
}

void sort_diagnostics(std::vector<Diagnostic>& diagnostics) {
  std::sort(diagnostics.begin(), diagnostics.end());
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
}

}  // namespace millrace::schema
