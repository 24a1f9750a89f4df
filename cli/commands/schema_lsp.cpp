// schema lsp: the language server on standard input and output, until the editor ends it.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/lsp/framing.hpp"
#include "cli/lsp/server.hpp"
#include "schema/builtin.hpp"
#include "schema/text.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

// Where `builtin` can be looked at: a file in the user's cache, so that any editor can open it.
std::string builtin_path() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache == '/') {
    folder = cache;
  } else if (home != nullptr && *home == '/') {
    folder = fs::path(home) / ".cache";
  } else {
    return {};
  }
  std::error_code failed;
  folder /= "millrace";
  fs::create_directories(folder, failed);
  const fs::path path = folder / "builtin.schema";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << schema::print(schema::builtin_module());
  file.close();
  return file ? path.string() : std::string();
}

int serve_editor(Session& session) {
  lsp::Server server(
      [&](const std::string& message) { *session.out << lsp::framed(message) << std::flush; },
      builtin_path);
  lsp::Framing framing;
  char part[65'536];
  while (!server.ended()) {
    const ssize_t count = read(STDIN_FILENO, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    for (const lsp::Frame& frame : framing.feed({part, static_cast<std::size_t>(count)})) {
      if (const auto* message = std::get_if<std::string>(&frame)) {
        server.handle(*message);
      } else {
        server.fault(std::get<lsp::FramingFault>(frame).message);
      }
      if (server.ended()) break;
    }
  }
  return server.exit_code();
}

}  // namespace

Command schema_lsp_command(Session& session) {
  Command command("schema lsp",
                  "Serve an editor: the Language Server Protocol on stdin and stdout.");
  command
      .examples(
          "  An editor starts it; docs/editors/README.md shows how, for VS Code, Neovim and "
          "Helix.\n"
          "  vim.lsp.start({ cmd = { 'millrace', 'schema', 'lsp' }, root_dir = vim.fn.getcwd() "
          "})\n")
      .action([&session] { return serve_editor(session); });
  return command;
}

}  // namespace millrace::cli
