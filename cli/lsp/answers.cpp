#include "cli/lsp/answers.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "schema/builtin.hpp"
#include "schema/editor.hpp"

namespace millrace::cli::lsp {

using nlohmann::ordered_json;
using schema::Occurrence;
using schema::Ref;

namespace {

std::string dumped(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json json_of(const Position& position) {
  return {{"line", position.line}, {"character", position.character}};
}

ordered_json json_of(const Range& range) {
  return {{"start", json_of(range.start)}, {"end", json_of(range.end)}};
}

ordered_json json_of(const Document& document, const Occurrence& found) {
  return json_of(range_of(document.text, found.spot, found.length));
}

// The name under the cursor, or right before it.
std::optional<Occurrence> name_at(const At& at) {
  const schema::Spot spot = spot_at(at.document->text, at.position);
  for (const schema::Module& module : at.document->parsed.schema.modules) {
    for (const Occurrence& found : schema::occurrences(module, at.document->text)) {
      if (found.spot.line == spot.line && found.spot.column <= spot.column &&
          spot.column <= found.spot.column + found.length) {
        return found;
      }
    }
  }
  return std::nullopt;
}

struct Declared {
  const Document* document = nullptr;
  Occurrence name;
};

// Where a module of the document's system declares it.
std::optional<Declared> declared(const Workspace& workspace, const Document& from,
                                 const Ref& target) {
  for (const schema::Module* module : workspace.system_of(from)) {
    if (module->name != target.module) continue;
    const Document* document = workspace.find(module->file.name);
    if (document == nullptr) continue;
    for (const Occurrence& found : schema::occurrences(*module, document->text)) {
      if (found.declaration && found.target == target) return Declared{document, found};
    }
  }
  return std::nullopt;
}

// Each place in a file whose nearest module of that name is the one that is meant.
std::vector<Declared> uses_of(const Workspace& workspace, const Document& from, const Ref& target) {
  std::vector<Declared> out;
  const auto meant = declared(workspace, from, target);
  for (const auto& [path, document] : workspace.documents()) {
    for (const schema::Module& module : document.parsed.schema.modules) {
      for (const Occurrence& found : schema::occurrences(module, document.text)) {
        if (found.target != target) continue;
        const auto own = declared(workspace, document, target);
        const bool same = meant && own && own->document == meant->document;
        if (same || (!meant && !own)) out.push_back({&document, found});
      }
    }
  }
  return out;
}

int kind_of(schema::SymbolKind kind) {  // SymbolKind of the protocol
  switch (kind) {
    case schema::SymbolKind::module: return 2;
    case schema::SymbolKind::verb: return 12;
    case schema::SymbolKind::data: return 23;
    case schema::SymbolKind::enumeration: return 10;
    case schema::SymbolKind::alias: return 26;
    case schema::SymbolKind::topic: return 24;
    case schema::SymbolKind::value: return 14;
    case schema::SymbolKind::field: break;
  }
  return 8;
}

int completion_kind_of(const schema::Completion& found) {  // CompletionItemKind
  if (found.keyword) return 14;
  switch (found.kind) {
    case schema::SymbolKind::module: return 9;
    case schema::SymbolKind::verb: return 3;
    case schema::SymbolKind::data: return 22;
    case schema::SymbolKind::enumeration: return 13;
    case schema::SymbolKind::alias: return 25;
    case schema::SymbolKind::topic: return 23;
    case schema::SymbolKind::value: return 21;
    case schema::SymbolKind::field: break;
  }
  return 5;
}

int severity_of(schema::Severity severity) {  // DiagnosticSeverity
  return severity == schema::Severity::warning ? 2 : 1;
}

ordered_json json_of(const Document& document, const schema::Symbol& symbol) {
  const Range name = word_range(document.text, symbol.spot);
  Range whole = name;
  const std::size_t next = offset_of(document.text, {symbol.last_line, 0});
  const bool last = next >= document.text.size();
  whole.end = position_at(document.text, last ? document.text.size() : next - 1);
  ordered_json children = ordered_json::array();
  for (const schema::Symbol& child : symbol.children) children.push_back(json_of(document, child));
  return {{"name", symbol.name},
          {"detail", symbol.detail},
          {"kind", kind_of(symbol.kind)},
          {"range", json_of(whole)},
          {"selectionRange", json_of(name)},
          {"children", std::move(children)}};
}

}  // namespace

std::string hover(const Workspace& workspace, const At& at) {
  const auto found = name_at(at);
  if (!found) return "null";
  const schema::Index index(workspace.system_of(*at.document));
  const std::string text = schema::declaration_text(index, found->target);
  if (text.empty()) return "null";
  std::string value = "```millrace\n" + text + "\n```";
  const std::string comments = schema::declaration_comments(index, found->target);
  if (!comments.empty()) value += "\n\n" + comments;
  value += "\n\n" + (found->target.name.empty() ? std::string() : "*" + found->target.module + "*");
  return dumped({{"contents", {{"kind", "markdown"}, {"value", value}}},
                 {"range", json_of(*at.document, *found)}});
}

std::string definition(const Workspace& workspace, const At& at, const std::string& builtin_path) {
  const auto found = name_at(at);
  if (!found) return "null";
  if (const auto there = declared(workspace, *at.document, found->target)) {
    return dumped({{"uri", uri_of(there->document->path)},
                   {"range", json_of(*there->document, there->name)}});
  }
  if (found->target.module != schema::builtin_name || builtin_path.empty()) return "null";
  const std::string text = schema::print(schema::builtin_module());
  const auto parsed = schema::parse(text, builtin_path);
  for (const schema::Module& module : parsed.schema.modules) {
    for (const Occurrence& name : schema::occurrences(module, text)) {
      if (!name.declaration || name.target != found->target) continue;
      return dumped({{"uri", uri_of(builtin_path)},
                     {"range", json_of(range_of(text, name.spot, name.length))}});
    }
  }
  return "null";
}

std::string completion(const Workspace& workspace, const At& at) {
  auto modules = workspace.reachable_from(*at.document);
  modules.push_back(&schema::builtin_module());
  const std::size_t offset = offset_of(at.document->text, at.position);
  const auto found = schema::completions(at.document->text.substr(0, offset), modules);
  ordered_json items = ordered_json::array();
  for (const schema::Completion& each : found) {
    items.push_back(
        {{"label", each.text}, {"kind", completion_kind_of(each)}, {"detail", each.detail}});
  }
  return dumped({{"isIncomplete", false}, {"items", std::move(items)}});
}

std::string references(const Workspace& workspace, const At& at, bool with_declaration) {
  ordered_json out = ordered_json::array();
  if (const auto found = name_at(at)) {
    for (const Declared& use : uses_of(workspace, *at.document, found->target)) {
      if (use.name.declaration && !with_declaration) continue;
      out.push_back(
          {{"uri", uri_of(use.document->path)}, {"range", json_of(*use.document, use.name)}});
    }
  }
  return dumped(out);
}

Renamed rename(const Workspace& workspace, const At& at, const std::string& name) {
  const auto found = name_at(at);
  if (!found) return {{}, "there is no name here"};
  if (!schema::is_ident(name) || schema::is_reserved_name(name)) {
    return {{}, "a name is letters, digits and `_`, and none of the types: Int, String, ..."};
  }
  if (!declared(workspace, *at.document, found->target)) {
    return {{}, "what is declared nowhere in this folder cannot be renamed"};
  }
  ordered_json changes = ordered_json::object();
  for (const Declared& use : uses_of(workspace, *at.document, found->target)) {
    changes[uri_of(use.document->path)].push_back(
        {{"range", json_of(*use.document, use.name)}, {"newText", name}});
  }
  return {dumped({{"changes", std::move(changes)}}), {}};
}

std::string formatting(const Document& document) {
  const schema::FormatResult formatted = schema::format(document.text, document.path);
  if (!formatted.ok()) return "null";  // the faults are on the screen already
  if (formatted.text == document.text) return "[]";
  const Range whole{{}, position_at(document.text, document.text.size())};
  return dumped(ordered_json::array({{{"range", json_of(whole)}, {"newText", formatted.text}}}));
}

std::string document_symbols(const Document& document) {
  std::vector<const schema::Module*> modules;
  for (const schema::Module& module : document.parsed.schema.modules) modules.push_back(&module);
  ordered_json out = ordered_json::array();
  for (const schema::Symbol& symbol : schema::symbols(modules)) {
    out.push_back(json_of(document, symbol));
  }
  return dumped(out);
}

std::string diagnostics(const Workspace& workspace, const Document& document) {
  ordered_json list = ordered_json::array();
  for (const schema::Diagnostic& fault : workspace.faults_of(document)) {
    const Range range = word_range(document.text, {fault.place.line, fault.place.column});
    list.push_back({{"range", json_of(range)},
                    {"severity", severity_of(fault.severity)},
                    {"code", fault.rule},
                    {"source", "millrace"},
                    {"message", fault.message}});
  }
  return dumped({{"uri", uri_of(document.path)},
                 {"version", document.version},
                 {"diagnostics", std::move(list)}});
}

}  // namespace millrace::cli::lsp
