// What a file holds, as an outline.
#include <algorithm>
#include <tuple>

#include "schema/editor.hpp"

namespace millrace::schema {

namespace {

std::uint32_t last_of(const std::vector<Metadata>& metadata, std::uint32_t line) {
  for (const Metadata& entry : metadata) line = std::max(line, entry.spot.line);
  return line;
}

Symbol symbol_of(const Config& decl) {
  return {decl.name, "config " + to_string(decl.type), SymbolKind::value, decl.spot, 0, {}};
}
Symbol symbol_of(const Secret& decl) {
  return {decl.name, "secret " + to_string(decl.type), SymbolKind::value, decl.spot, 0, {}};
}
Symbol symbol_of(const Database& decl) {
  return {decl.name, "database " + decl.engine, SymbolKind::value,
          decl.spot, last_of(decl.metadata, 0), {}};
}
Symbol symbol_of(const Topic& decl) {
  return {decl.name, "topic " + to_string(decl.event), SymbolKind::topic,
          decl.spot, last_of(decl.metadata, 0),        {}};
}
Symbol symbol_of(const TypeAlias& decl) {
  return {decl.name, "typealias " + to_string(decl.type), SymbolKind::alias,
          decl.spot, last_of(decl.metadata, 0),           {}};
}
Symbol symbol_of(const Verb& decl) {
  return {decl.name,
          "verb (" + to_string(decl.request) + ") " + to_string(decl.response),
          SymbolKind::verb,
          decl.spot,
          last_of(decl.metadata, 0),
          {}};
}

Symbol symbol_of(const Enum& decl) {
  Symbol out{decl.name, "enum", SymbolKind::enumeration, decl.spot, 0, {}};
  if (decl.type) out.detail += ": " + to_string(*decl.type);
  for (const EnumVariant& variant : decl.variants) {
    const std::string detail =
        std::visit([](const auto& value) { return to_string(value); }, variant.value);
    out.children.push_back({variant.name, detail, SymbolKind::field, variant.spot, 0, {}});
  }
  return out;
}

Symbol symbol_of(const Data& decl) {
  Symbol out{decl.name, "data", SymbolKind::data, decl.spot, last_of(decl.metadata, 0), {}};
  for (const Field& field : decl.fields) {
    out.children.push_back({field.name,
                            to_string(field.type),
                            SymbolKind::field,
                            field.spot,
                            last_of(field.metadata, 0),
                            {}});
  }
  return out;
}

// Each ends no earlier than what is inside, and an outer one a line later: its brace.
std::uint32_t close(Symbol& symbol) {
  symbol.last_line = std::max(symbol.last_line, symbol.spot.line);
  std::uint32_t last = 0;
  for (Symbol& child : symbol.children) last = std::max(last, close(child));
  if (last > symbol.spot.line) symbol.last_line = std::max(symbol.last_line, last + 1);
  return symbol.last_line;
}

}  // namespace

std::vector<Symbol> symbols(const std::vector<const Module*>& modules) {
  std::vector<Symbol> out;
  for (const Module* module : modules) {
    Symbol symbol{
        module->name, "module", SymbolKind::module, module->spot, last_of(module->metadata, 0), {}};
    for_each_decl(*module, [&](const auto& decl) { symbol.children.push_back(symbol_of(decl)); });
    std::sort(symbol.children.begin(), symbol.children.end(), [](const auto& a, const auto& b) {
      return std::tie(a.spot.line, a.spot.column) < std::tie(b.spot.line, b.spot.column);
    });
    close(symbol);
    out.push_back(std::move(symbol));
  }
  return out;
}

}  // namespace millrace::schema
