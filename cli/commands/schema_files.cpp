// schema check and schema fmt: what can be said about files without asking a service.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/source.hpp"
#include "cli/watch.hpp"
#include "schema/check.hpp"
#include "schema/limits.hpp"
#include "schema/text.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  bool check = false;
  bool strict = false;
  bool watch = false;
};

using Diagnostics = std::vector<schema::Diagnostic>;

void append(Diagnostics& to, Diagnostics more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

// Where a file is missing, what others say of its modules would be false.
schema::CheckedSchema check_texts(Texts texts) {
  if (texts.diagnostics.empty()) return schema::parse_and_check(texts.files);
  schema::CheckedSchema checked;
  for (const schema::SourceText& file : texts.files) {
    append(checked.diagnostics, schema::parse(file.text, file.file).diagnostics);
  }
  append(checked.diagnostics, std::move(texts.diagnostics));
  return checked;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int check_files(Session& session, const Options& options) {
  schema::CheckedSchema checked = check_texts(read_texts(options.files));
  if (options.strict) {
    for (schema::Diagnostic& each : checked.warnings) each.severity = schema::Severity::error;
  }
  const std::size_t warnings = options.strict ? 0 : checked.warnings.size();
  append(checked.diagnostics, std::move(checked.warnings));
  schema::sort_diagnostics(checked.diagnostics);
  const int exit_code = report(session, checked.diagnostics);
  if (exit_code == done && !session.json()) {
    *session.out << counted(checked.schema.modules.size(), "module") << ", no faults"
                 << (warnings == 0 ? "" : ", " + counted(warnings, "warning")) << '\n';
  }
  return exit_code;
}

// The same each time a file changes, until Ctrl-C; the last outcome is the exit code.
int watch_files(Session& session, const Options& options) {
  for (const std::string& file : options.files) {
    if (file == "-") {
      return session.report(
          {statekit::Code::invalid_argument, "standard input cannot be watched; name files", {}});
    }
  }
  int exit_code = done;
  bool first = true;
  const auto watched = watch(options.files, [&] {
    if (!first) *session.err << "--- changed\n";
    first = false;
    exit_code = check_files(session, options);
    session.out->flush();
  });
  return watched ? exit_code : session.report(watched.error());
}

// Beside the file first, then in its place: a full disk or a kill leaves the old text.
statekit::Status write_text(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code bad;
  const fs::path real = fs::canonical(path, bad);
  if (bad) return statekit::fail(statekit::Code::unavailable, path + ": " + bad.message());
  fs::path beside = real;
  beside += ".millrace-fmt";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) {
    fs::permissions(beside, fs::status(real, bad).permissions(), bad);
    if (!bad) fs::rename(beside, real, bad);
    if (!bad) return {};
  }
  std::error_code ignored;
  fs::remove(beside, ignored);
  return statekit::fail(statekit::Code::unavailable, path + ": cannot be written");
}

struct Formatted {
  std::string path;
  std::string before;
  std::string after;
};

int write_files(const Session& session, const std::vector<Formatted>& files, bool check) {
  int worst = done;
  for (const Formatted& file : files) {
    if (file.path == "-" && !check) {
      *session.out << file.after;
    } else if (file.before == file.after) {
      continue;
    } else if (check) {
      *session.err << printable(file.path) << ": is not in canonical form\n";
      worst = refused;
    } else if (const auto status = write_text(file.path, file.after); !status) {
      worst = std::max(worst, session.report(status.error()));
    } else {
      *session.out << printable(file.path) << '\n';
    }
  }
  return worst;
}

// Either all files are fit to be written or none is.
int format_files(const Session& session, const Options& options) {
  Texts texts = read_texts(options.files);
  std::vector<Formatted> files;
  for (std::size_t i = 0; i < texts.files.size(); ++i) {
    schema::SourceText& file = texts.files[i];
    schema::FormatResult formatted = schema::format(file.text, file.file);
    append(texts.diagnostics, std::move(formatted.diagnostics));
    if (texts.diagnostics.empty()) {
      files.push_back({options.files[i], std::move(file.text), std::move(formatted.text)});
    }
  }
  if (texts.diagnostics.empty()) return write_files(session, files, options.check);
  schema::sort_diagnostics(texts.diagnostics);
  return report(session, texts.diagnostics);
}

}  // namespace

Command schema_check_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("schema check", "Check schema files as one schema.");
  command.keep(options)
      .files("FILE", options->files, "schema files; - is standard input")
      .flag("--strict", options->strict, "warnings are errors too")
      .flag("--watch", options->watch, "check again when a file changes, until Ctrl-C")
      .prints_data(session)
      .examples(
          "  millrace schema check echo.schema time.schema\n"
          "  millrace schema check --strict *.schema     also refuses what nothing carries out "
          "yet\n"
          "  millrace schema check *.schema --watch     checks again at each save\n")
      .action([&session, options] {
        return options->watch ? watch_files(session, *options) : check_files(session, *options);
      });
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
      .action([&session, options] { return format_files(session, *options); });
  return command;
}

}  // namespace millrace::cli
