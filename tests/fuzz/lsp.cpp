// Any octets as what an editor sends: whatever comes in, few octets are held, each message that
// goes out is JSON, and a text that the editor changes gets its faults.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "cli/lsp/framing.hpp"
#include "cli/lsp/server.hpp"
#include "statekit/result.hpp"

using namespace millrace::cli::lsp;
using millrace::statekit::check;

namespace {

// Folders are left alone: what a run finds must not depend on what lies on this disk.
bool names_folders(std::string_view text) {
  if (text.find("initialize") == text.npos && text.find('\\') == text.npos) return false;
  const auto message = nlohmann::json::parse(text, nullptr, false);
  if (!message.is_object() || !message.contains("params")) return false;
  const auto& params = message["params"];
  return params.is_object() && (params.contains("rootUri") || params.contains("workspaceFolders"));
}

// As `millrace schema lsp` does it, in two pieces, cut anywhere.
void speak(Server& server, std::string_view octets, std::size_t cut) {
  Framing framing;
  for (const std::string_view part : {octets.substr(0, cut), octets.substr(cut)}) {
    for (const Frame& frame : framing.feed(part)) {
      const auto* message = std::get_if<std::string>(&frame);
      if (message == nullptr)
        server.fault(std::get<FramingFault>(frame).message);
      else if (!names_folders(*message))
        server.handle(*message);
    }
    check(framing.held() <= header_bytes_max + octets.size(), "little is held");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto is_json = [](const std::string& message) {
    check(nlohmann::json::accept(message), "what goes out is JSON");
  };
  Server framed_server(is_json, [] { return std::string(); });
  speak(framed_server, octets, size / 2);

  // The same octets as one message after another, a line each, so that most runs reach the server.
  Server server(is_json, [] { return std::string(); });
  server.handle(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{}})");
  for (std::size_t at = 0; at < size;) {
    const std::size_t end = std::min(octets.find('\n', at), size);
    const std::string_view line = octets.substr(at, end - at);
    if (!names_folders(line)) server.handle(line);
    at = end + 1;
  }
  return 0;
}
