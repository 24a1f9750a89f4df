#include "cli/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
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

// Without the file's name in the message.
Result<std::string> read_all(std::istream& stream, std::size_t bytes_max) {
  std::string text;
  char part[65'536];
  while (text.size() <= bytes_max && (stream.read(part, sizeof part), stream.gcount() > 0)) {
    text.append(part, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return statekit::fail(Code::invalid_argument, "cannot be read");
  if (text.size() > bytes_max) {
    return statekit::fail(Code::resource_exhausted, "larger than the " + std::to_string(bytes_max) +
                                                        " octets that are allowed");
  }
  return text;
}

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_all(std::cin, bytes_max);
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return statekit::fail(Code::invalid_argument,
                          "is a directory; name the files in it, such as " +
                              (std::filesystem::path(path) / "*.schema").string());
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return statekit::fail(Code::invalid_argument,
                          std::string("cannot be read: ") + std::strerror(errno));
  return read_all(file, bytes_max);
}

std::string named(const std::string& path) { return path == "-" ? "stdin" : path; }

}  // namespace

Result<std::string> read_source(const std::string& path, std::size_t bytes_max) {
  auto text = read_text(path, bytes_max);
  if (text) return text;
  return statekit::fail(Code::invalid_argument, (path == "-" ? "standard input" : path) + ": " +
                                                    std::move(text).error().message);
}

Texts read_texts(const std::vector<std::string>& files) {
  Texts texts;
  for (const std::string& file : files) {
    auto text = read_text(file, schema::file_bytes_max);
    if (text) {
      texts.files.push_back({named(file), *std::move(text)});
      continue;
    }
    const bool large = text.error().code == Code::resource_exhausted;
    texts.diagnostics.push_back({{named(file), 1, 1},
                                 large ? "syntax" : "file",
                                 text.error().message + (large ? "; split it by module" : "")});
  }
  return texts;
}

Result<Source> read_schema(const std::vector<std::string>& files) {
  Texts texts = read_texts(files);
  Source source{{}, std::move(texts.diagnostics)};
  const auto tell = [&source](std::vector<schema::Diagnostic> more) {
    source.diagnostics.insert(source.diagnostics.end(), more.begin(), more.end());
  };
  for (const schema::SourceText& file : texts.files) {
    schema::ParseResult parsed = schema::parse(file.text, file.file);
    tell(schema::merge(source.schema, std::move(parsed.schema)));
    tell(std::move(parsed.diagnostics));
  }
  schema::resolve(source.schema);
  schema::sort_diagnostics(source.diagnostics);
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
  const bool fine = std::none_of(diagnostics.begin(), diagnostics.end(), [](const auto& each) {
    return each.severity == schema::Severity::error;
  });
  return fine ? done : refused;
}

int tell_warnings(const Session& session, const schema::Schema& schema, bool strict) {
  std::vector<schema::Diagnostic> found = schema::warnings(schema);
  if (strict && !found.empty()) {
    for (schema::Diagnostic& each : found) each.severity = schema::Severity::error;
    return report(session, found);
  }
  for (const schema::Diagnostic& each : found)
    *session.err << printable(schema::to_string(each)) << '\n';
  return done;
}

}  // namespace millrace::cli
