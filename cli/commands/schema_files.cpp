// schema check and schema fmt: what can be said about files without asking a service.
#include <fstream>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/source.hpp"
#include "schema/check.hpp"
#include "schema/limits.hpp"
#include "schema/text.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  bool check = false;
};

int check_files(Session& session, const Options& options) {
  auto source = read_schema(options.files);
  if (!source) return session.report(source.error());
  if (source->diagnostics.empty()) source->diagnostics = schema::check(source->schema);
  const int exit_code = report(session, source->diagnostics);
  if (exit_code == done && !session.json()) {
    *session.out << source->schema.modules.size() << " module"
                 << (source->schema.modules.size() == 1 ? "" : "s") << ", no faults\n";
  }
  return exit_code;
}

statekit::Status write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return statekit::fail(statekit::Code::unavailable, path + ": cannot be written");
}

// The text in canonical form goes back to where it came from, or is only compared.
int format_file(Session& session, const std::string& path, bool check) {
  const auto text = read_source(path, schema::file_bytes_max);
  if (!text) return session.report(text.error());
  const schema::FormatResult formatted = schema::format(*text, path == "-" ? "stdin" : path);
  if (!formatted.ok()) return report(session, formatted.diagnostics);
  if (check) {
    if (formatted.text == *text) return done;
    *session.err << printable(path) << ": is not in canonical form\n";
    return refused;
  }
  if (path == "-") {
    *session.out << formatted.text;
  } else if (formatted.text != *text) {
    if (const auto status = write_text(path, formatted.text); !status) {
      return session.report(status.error());
    }
    *session.out << printable(path) << '\n';
  }
  return done;
}

}  // namespace

Command schema_check_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema check", "Check schema files as one schema.");
  command.keep(options)
      .files("FILE", options->files, "schema files; - is standard input")
      .prints_data(session)
      .examples("  millrace schema check echo.schema time.schema\n")
      .action([&session, options] { return check_files(session, *options); });
  return command;
}

Command schema_fmt_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema fmt", "Rewrite schema files in canonical form.");
  command.keep(options)
      .files("FILE", options->files, "schema files; - is standard input to standard output")
      .flag("--check", options->check, "change nothing; exit 1 where a file is not canonical")
      .examples(
          "  millrace schema fmt *.schema          prints the names of those it changed\n"
          "  millrace schema fmt - < draft.schema\n")
      .action([&session, options] {
        int worst = done;
        for (const std::string& file : options->files) {
          worst = std::max(worst, format_file(session, file, options->check));
        }
        return worst;
      });
  return command;
}

}  // namespace millrace::cli
