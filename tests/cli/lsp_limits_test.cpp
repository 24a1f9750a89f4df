// What the language server holds at most, whatever an editor sends.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/lsp/server.hpp"
#include "schema/limits.hpp"
#include "support/catch.hpp"

using namespace millrace::cli::lsp;
using nlohmann::json;

namespace {

struct Editor {
  std::vector<json> answers;
  Server server{[this](const std::string& message) { answers.push_back(json::parse(message)); },
                [] { return std::string(); }};
  int version = 1;

  Editor() { ask("initialize", json::object()); }

  json ask(const std::string& method, const json& params) {
    server.handle(json({{"id", 1}, {"method", method}, {"params", params}}).dump());
    return answers.back().at("result");
  }
  void tell(const std::string& method, const json& params) {
    server.handle(json({{"method", method}, {"params", params}}).dump());
  }
  void replace(int from_line, int to_line, const std::string& text) {
    const json start = {{"line", from_line}, {"character", 0}};
    const json end = {{"line", to_line}, {"character", 0}};
    const json change = {{"range", {{"start", start}, {"end", end}}}, {"text", text}};
    tell("textDocument/didChange",
         {{"textDocument", {{"uri", "file:///f"}, {"version", ++version}}},
          {"contentChanges", json::array({change})}});
  }
};

}  // namespace

TEST_CASE(
    "G8: of a text that grows without end the language server keeps twice what a file may have") {
  Editor editor;
  std::string lines;
  for (int i = 0; i < 9'000; ++i) lines += "// " + std::string(96, 'x') + "\n";
  const int more = 3;
  REQUIRE(more * lines.size() > 2 * millrace::schema::file_bytes_max);
  editor.tell(
      "textDocument/didOpen",
      {{"textDocument", {{"uri", "file:///f"}, {"version", 1}, {"text", "module tail {\n}\n"}}}});
  const json document = {{"textDocument", {{"uri", "file:///f"}}}};
  CHECK(editor.ask("textDocument/documentSymbol", document).size() == 1);
  for (int i = 0; i < more; ++i) editor.replace(0, 0, lines);
  // What was at the end was cut off, and does not come back.
  editor.replace(0, more * 9'000, "");
  CHECK(editor.ask("textDocument/documentSymbol", document).empty());
  editor.replace(0, 0, "module head {\n}\n");
  CHECK(editor.ask("textDocument/documentSymbol", document).size() == 1);
}

TEST_CASE("G8: the language server knows no more files than its limit") {
  Workspace workspace;
  for (std::size_t i = 0; i < files_max; ++i)
    REQUIRE(workspace.open("/f/" + std::to_string(i), "module m {}", 1));
  CHECK_FALSE(workspace.open("/f/one_more", "module m {}", 1));
  CHECK(workspace.documents().size() == files_max);
  CHECK(workspace.open("/f/0", "module n {}", 2));
  workspace.close("/f/0");
  CHECK(workspace.open("/f/one_more", "module m {}", 1));
}
