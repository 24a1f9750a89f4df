#include "style/sources.hpp"

#include <filesystem>
#include <fstream>

namespace millrace::style {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp";
}

bool is_built(const std::string& path) {
  return path.find("node_modules") != std::string::npos ||
         path.find("/build/") != std::string::npos;
}

// A line at column `indent` that opens a body and is no namespace, type, array or initialiser.
bool opens_function(const std::string& line, std::size_t indent) {
  if (line.size() <= indent + 1 || line[indent] == ' ' || line[indent] == '}' || line.back() != '{')
    return false;
  if (line.find_first_not_of(' ') != indent) return false;
  for (const char* other : {"namespace", "struct ", "class ", "enum ", "union ", "extern "})
    if (line.compare(indent, std::string(other).size(), other) == 0) return false;
  return line.find(" = {") == std::string::npos && line.find(')') != std::string::npos;
}

}  // namespace

std::vector<Source> sources() {
  const fs::path root = MILLRACE_SOURCE_DIR;
  std::vector<Source> found;
  for (const char* part : {"libs", "services", "cli", "examples", "tests", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / part)) {
      const std::string path = fs::relative(entry.path(), root).generic_string();
      if (entry.is_regular_file() && is_source(entry.path()) && !is_built(path))
        found.push_back({path, read_lines(entry.path())});
    }
  }
  return found;
}

bool starts_with(const std::string& text, const std::string& front) {
  return text.compare(0, front.size(), front) == 0;
}

bool ends_with(const std::string& text, const std::string& back) {
  return text.size() >= back.size() &&
         text.compare(text.size() - back.size(), back.size(), back) == 0;
}

bool is_header(const Source& source) { return ends_with(source.path, ".hpp"); }

std::vector<std::string> includes(const Source& source) {
  std::vector<std::string> names;
  for (const std::string& line : source.lines) {
    if (!starts_with(line, "#include ")) continue;
    const std::size_t open = line.find_first_of("\"<");
    const std::size_t close = line.find_first_of("\">", open + 1);
    if (close != std::string::npos) names.push_back(line.substr(open + 1, close - open - 1));
  }
  return names;
}

std::vector<Function> functions(const Source& source) {
  std::vector<Function> found;
  for (const std::size_t indent : {std::size_t{0}, std::size_t{2}}) {
    const std::string closing = std::string(indent, ' ') + "}";
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      if (!opens_function(source.lines[i], indent)) continue;
      std::size_t end = i + 1;
      while (end < source.lines.size() && !starts_with(source.lines[end], closing)) ++end;
      found.push_back({source.path + ":" + std::to_string(i + 1), end - i + 1});
    }
  }
  return found;
}

}  // namespace millrace::style
