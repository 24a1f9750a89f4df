// The repository's own sources, as the style tests read them. Test support; one thread.
#pragma once

#include <string>
#include <vector>

namespace millrace::style {

struct Source {
  std::string path;  // from the root, with '/'
  std::vector<std::string> lines;
};

// Every .cpp and .hpp below libs, services, cli, examples, tests and bench; nothing generated.
std::vector<Source> sources();

bool is_header(const Source& source);
bool starts_with(const std::string& text, const std::string& front);
bool ends_with(const std::string& text, const std::string& back);

// The files that #include lines name, without quotes and brackets.
std::vector<std::string> includes(const Source& source);

struct Function {
  std::string where;  // path:line
  std::size_t lines = 0;
};

// Functions by their layout: the formatter puts nothing but namespaces before column 0 or 2.
std::vector<Function> functions(const Source& source);

}  // namespace millrace::style
