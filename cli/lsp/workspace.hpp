// The schema files that the language server knows: those of the editor's folders, and over them
// what is open in the editor. One thread. Folders are read once and when the editor says that a
// file changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/text.hpp"

namespace millrace::cli::lsp {

inline constexpr std::size_t files_max = 2'000;     // known at one time; further ones are left out
inline constexpr int folder_depth_max = 12;         // below a folder of the editor
inline constexpr std::size_t entries_max = 50'000;  // looked at in all folders together

struct Document {
  std::string path;
  std::string text;
  bool open = false;
  std::int64_t version = 0;
  schema::ParseResult parsed;  // what could be read, references qualified
};

class Workspace {
 public:
  // Reads the *.schema files below a folder; hidden folders and node_modules are left out.
  void add_folder(const std::string& path);
  // The editor holds the text of a file, or does so no longer; then it is what is on disk.
  // False: there are too many files already.
  bool open(const std::string& path, std::string text, std::int64_t version);
  void close(const std::string& path);
  // The file on disk changed, came or went.
  void refresh(const std::string& path);

  const Document* find(const std::string& path) const;
  const std::map<std::string, Document>& documents() const { return documents_; }

  // The file's modules and those that they refer to, directly or through others; of several files
  // that declare one, the nearest. The pointers live until the next change.
  std::vector<const schema::Module*> system_of(const Document& document) const;
  // The same, and all other modules that could be named, nearest first.
  std::vector<const schema::Module*> reachable_from(const Document& document) const;
  // Errors and warnings, in the order of their places.
  std::vector<schema::Diagnostic> faults_of(const Document& document) const;

 private:
  bool put(const std::string& path, std::string text);
  const schema::Module* nearest(const std::string& name, const Document& to) const;

  std::map<std::string, Document> documents_;
};

}  // namespace millrace::cli::lsp
