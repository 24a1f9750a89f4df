#include "schema/place.hpp"

#include <algorithm>

namespace millrace::schema {

std::string to_string(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
         ": error[" + diagnostic.rule + "]: " + diagnostic.message;
}

void sort_diagnostics(std::vector<Diagnostic>& diagnostics) {
  std::sort(diagnostics.begin(), diagnostics.end());
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
}

}  // namespace millrace::schema
