// Reads the hand-written files beside these tests.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace millrace::schema {

inline std::string corpus_file(const std::string& name) {
  std::ifstream in(std::string(SCHEMA_CORPUS) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace millrace::schema
