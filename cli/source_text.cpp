#include "cli/source_text.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "schema/limits.hpp"

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

// The same for each name of a file.
std::string real_name(const std::string& path) {
  std::error_code unknown;
  const std::string real = std::filesystem::canonical(path, unknown).string();
  return unknown ? path : real;
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
  std::map<std::string, std::string> known;  // by where it really is
  for (const std::string& file : files) {
    auto text = read_text(file, schema::file_bytes_max);
    if (text) {
      // One file by two names is called by the first, so that what is told is that it came twice.
      const std::string& name = known.try_emplace(real_name(file), named(file)).first->second;
      texts.files.push_back({name, *std::move(text)});
      continue;
    }
    const bool large = text.error().code == Code::resource_exhausted;
    texts.diagnostics.push_back({{named(file), 1, 1},
                                 large ? "syntax" : "file",
                                 text.error().message + (large ? "; split it by module" : "")});
  }
  return texts;
}

}  // namespace millrace::cli
