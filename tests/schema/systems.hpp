// Three hand-written systems of the size that real ones have, for any test that wants more than a
// made-up module: corpus/systems/{shop,ledger,chat}, canonical and valid.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "files.hpp"
#include "schema/check.hpp"

namespace millrace::schema {

inline const std::vector<std::string>& system_names() {
  static const std::vector<std::string> names = {"shop", "ledger", "chat"};
  return names;
}

// Its files, in order of their names.
inline std::vector<SourceText> system_sources(const std::string& name) {
  std::vector<SourceText> sources;
  const std::string folder = "systems/" + name;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SCHEMA_CORPUS) + "/" + folder)) {
    const std::string file = entry.path().filename().string();
    sources.push_back({file, corpus_file(folder + "/" + file)});
  }
  std::sort(sources.begin(), sources.end(),
            [](const SourceText& a, const SourceText& b) { return a.file < b.file; });
  return sources;
}

// Parsed, joined, resolved and checked.
inline CheckedSchema system_schema(const std::string& name) {
  return parse_and_check(system_sources(name));
}

}  // namespace millrace::schema
