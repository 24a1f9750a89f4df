#include "cli/source.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "cli/json.hpp"
#include "schema/limits.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Result;

namespace {

Result<std::string> read_all(std::istream& stream, const std::string& name, std::size_t bytes_max) {
  std::string text;
  char part[65'536];
  while (text.size() <= bytes_max && (stream.read(part, sizeof part), stream.gcount() > 0)) {
    text.append(part, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return statekit::fail(Code::invalid_argument, name + ": cannot be read");
  if (text.size() > bytes_max) {
    return statekit::fail(
        Code::invalid_argument,
        name + ": larger than the " + std::to_string(bytes_max) + " octets that are allowed");
  }
  return text;
}

}  // namespace

Result<std::string> read_source(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_all(std::cin, "standard input", bytes_max);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return statekit::fail(Code::invalid_argument, path + ": " + std::strerror(errno));
  file.peek();  // a directory opens, and fails at the first octet
  if (file.bad()) return statekit::fail(Code::invalid_argument, path + ": is it a file?");
  file.clear();
  return read_all(file, path, bytes_max);
}

Result<Source> read_schema(const std::vector<std::string>& files) {
  Source source;
  for (const std::string& file : files) {
    const auto text = read_source(file, schema::file_bytes_max);
    if (!text) return statekit::fail(text.error());
    schema::ParseResult parsed = schema::parse(*text, file == "-" ? "stdin" : file);
    schema::merge(source.schema, std::move(parsed.schema));
    source.diagnostics.insert(source.diagnostics.end(), parsed.diagnostics.begin(),
                              parsed.diagnostics.end());
  }
  schema::resolve(source.schema);
  return source;
}

int report(const Session& session, const std::vector<schema::Diagnostic>& diagnostics) {
  if (session.json()) {
    *session.out << to_json(diagnostics) << '\n';
  } else {
    for (const schema::Diagnostic& each : diagnostics) {
      *session.err << printable(schema::to_string(each)) << '\n';
    }
  }
  return diagnostics.empty() ? done : refused;
}

}  // namespace millrace::cli
