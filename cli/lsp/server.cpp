#include "cli/lsp/server.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "cli/lsp/answers.hpp"
#include "schema/json.hpp"
#include "schema/limits.hpp"

namespace millrace::cli::lsp {

using nlohmann::json;

namespace {

// Codes of JSON-RPC and of the protocol.
constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;
constexpr int not_initialized = -32002;
constexpr int request_failed = -32803;

struct Refusal {
  int code = 0;
  std::string message;
};

constexpr const char* capabilities = R"({"capabilities":{
"positionEncoding":"utf-16",
"textDocumentSync":{"openClose":true,"change":2},
"hoverProvider":true,"definitionProvider":true,"referencesProvider":true,"renameProvider":true,
"documentFormattingProvider":true,"documentSymbolProvider":true,
"completionProvider":{"triggerCharacters":["+",".","(","[","{","<",":"," "]}},
"serverInfo":{"name":"millrace"}})";

Position position_in(const json& value) {
  return {value.at("line").get<std::uint32_t>(), value.at("character").get<std::uint32_t>()};
}

std::string path_in(const json& document) {
  return path_of(document.at("uri").get_ref<const std::string&>());
}

}  // namespace

struct Server::Message {
  std::string method;
  std::string id;  // as JSON; empty: a notification
  json params;
};

Server::Server(std::function<void(const std::string&)> send,
               std::function<std::string()> builtin_path)
    : send_(std::move(send)), builtin_path_(std::move(builtin_path)) {}

void Server::refuse(const std::string& id, int code, const std::string& message) {
  send_(R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":)" +
        json({{"code", code}, {"message", message}})
            .dump(-1, ' ', false, json::error_handler_t::replace) +
        "}");
}

void Server::fault(const std::string& message) { refuse("null", invalid_request, message); }

void Server::handle(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return refuse("null", parse_error, "the message is no JSON");
  const bool call = parsed.is_object() && parsed.contains("method");
  if (!call && parsed.is_object() && parsed.contains("id")) return;  // an answer: nothing was asked
  if (!call || !parsed["method"].is_string()) {
    return refuse("null", invalid_request, "the message is no request of JSON-RPC 2.0");
  }
  Message message{parsed["method"].get<std::string>(), {}, parsed.value("params", json())};
  if (parsed.contains("id")) {
    const json& id = parsed["id"];
    if (!id.is_string() && !id.is_number_integer()) {
      return refuse("null", invalid_request, "an id is a number or a string");
    }
    message.id = id.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  try {
    message.id.empty() ? notification(message) : request(message);
  } catch (const json::exception&) {
    if (!message.id.empty())
      refuse(message.id, invalid_params,
             "the params are not those that the protocol has for " + message.method);
  } catch (const Refusal& refusal) {
    if (!message.id.empty()) refuse(message.id, refusal.code, refusal.message);
  }
}

void Server::request(const Message& message) {
  if (!started_ && message.method != "initialize") {
    return refuse(message.id, not_initialized, "`initialize` comes first");
  }
  if (shut_down_) return refuse(message.id, invalid_request, "after `shutdown` only `exit` comes");
  send_(R"({"jsonrpc":"2.0","id":)" + message.id + R"(,"result":)" + answer(message) + "}");
}

std::string Server::answer(const Message& message) {
  const std::string& method = message.method;
  if (method == "initialize") {
    if (started_) throw Refusal{invalid_request, "`initialize` came twice"};
    start(message);
    return capabilities;
  }
  if (method == "shutdown") {
    shut_down_ = true;
    return "null";
  }
  static const std::set<std::string> known = {
      "textDocument/hover",         "textDocument/definition", "textDocument/completion",
      "textDocument/references",    "textDocument/rename",     "textDocument/formatting",
      "textDocument/documentSymbol"};
  if (known.count(method) == 0) throw Refusal{method_not_found, "there is no method " + method};
  const json& named = message.params.at("textDocument");
  const Document* document = workspace_.find(path_in(named));
  if (document == nullptr)
    throw Refusal{request_failed, named.at("uri").get<std::string>() + ": this file is not known"};
  if (method == "textDocument/formatting") return formatting(*document);
  if (method == "textDocument/documentSymbol") return document_symbols(*document);
  const At at{document, position_in(message.params.at("position"))};
  if (method == "textDocument/hover") return hover(workspace_, at);
  if (method == "textDocument/definition") return definition(workspace_, at, builtin_path_());
  if (method == "textDocument/completion") return completion(workspace_, at);
  if (method == "textDocument/references") {
    const json context = message.params.value("context", json::object());
    return references(workspace_, at, context.value("includeDeclaration", false));
  }
  const Renamed renamed = rename(workspace_, at, message.params.at("newName").get<std::string>());
  if (!renamed.refusal.empty()) throw Refusal{request_failed, renamed.refusal};
  return renamed.result;
}

void Server::start(const Message& message) {
  std::set<std::string> folders;
  if (!message.params.is_object()) throw Refusal{invalid_params, "the parameters are no object"};
  const json listed = message.params.value("workspaceFolders", json());
  if (listed.is_array()) {
    for (const json& folder : listed) folders.insert(path_in(folder));
  } else if (message.params.contains("rootUri") && message.params["rootUri"].is_string()) {
    folders.insert(path_of(message.params["rootUri"].get<std::string>()));
  }
  started_ = true;
  for (const std::string& folder : folders) {
    if (!folder.empty()) workspace_.add_folder(folder);
  }
}

void Server::notification(const Message& message) {
  const std::string& method = message.method;
  if (method == "exit") {
    ended_ = true;
    return;
  }
  if (!started_ || shut_down_) return;
  if (method == "textDocument/didOpen") return did_open(message);
  if (method == "textDocument/didChange") return did_change(message);
  if (method == "textDocument/didClose") return did_close(message);
  if (method == "workspace/didChangeWatchedFiles") return files_changed(message);
}

void Server::did_open(const Message& message) {
  const json& document = message.params.at("textDocument");
  const std::string path = path_in(document);
  if (path.empty()) return;  // neither a file nor one to be
  workspace_.open(path, document.at("text").get<std::string>(), document.value("version", 0));
  publish();
}

void Server::did_change(const Message& message) {
  const json& document = message.params.at("textDocument");
  const std::string path = path_in(document);
  const Document* known = workspace_.find(path);
  if (known == nullptr || !known->open) return;
  std::string text = known->text;
  for (const json& change : message.params.at("contentChanges")) {
    const auto& fresh = change.at("text").get_ref<const std::string&>();
    if (!change.contains("range")) {
      text = fresh;
      continue;
    }
    const std::size_t start = offset_of(text, position_in(change["range"].at("start")));
    const std::size_t end = offset_of(text, position_in(change["range"].at("end")));
    text.replace(start, std::max(start, end) - start, fresh);
    // Past twice what a file may have nothing is kept: the diagnostic says so.
    if (text.size() > 2 * schema::file_bytes_max) text.resize(2 * schema::file_bytes_max);
  }
  workspace_.open(path, std::move(text), document.value("version", 0));
  publish();
}

void Server::did_close(const Message& message) {
  const std::string path = path_in(message.params.at("textDocument"));
  workspace_.close(path);
  send_(R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":)" +
        schema::json_string(uri_of(path)) + R"(,"diagnostics":[]}})");
  publish();
}

void Server::files_changed(const Message& message) {
  for (const json& change : message.params.at("changes")) workspace_.refresh(path_in(change));
  publish();
}

// A change in one file can mend or break another that is open.
void Server::publish() {
  for (const auto& [path, document] : workspace_.documents()) {
    if (!document.open) continue;
    send_(R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":)" +
          diagnostics(workspace_, document) + "}");
  }
}

}  // namespace millrace::cli::lsp
