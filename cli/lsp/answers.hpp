// What the language server answers to each question, as JSON text of the protocol's result types.
// One thread; nothing here waits.
#pragma once

#include <string>

#include "cli/lsp/text.hpp"
#include "cli/lsp/workspace.hpp"

namespace millrace::cli::lsp {

struct At {
  const Document* document = nullptr;
  Position position;
};

std::string hover(const Workspace& workspace, const At& at);
// Into `builtin` leads a file that this program writes; `builtin_path` names it.
std::string definition(const Workspace& workspace, const At& at, const std::string& builtin_path);
std::string completion(const Workspace& workspace, const At& at);
std::string references(const Workspace& workspace, const At& at, bool with_declaration);
std::string formatting(const Document& document);
std::string document_symbols(const Document& document);
// The parameters of textDocument/publishDiagnostics.
std::string diagnostics(const Workspace& workspace, const Document& document);

// Renaming: what would change, or why not.
struct Renamed {
  std::string result;
  std::string refusal;  // empty: there is a result
};
Renamed rename(const Workspace& workspace, const At& at, const std::string& name);

}  // namespace millrace::cli::lsp
