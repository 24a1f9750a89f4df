// schema diff and schema compat: what is different between two schemas, from files, folders or the
// revisions of the running system.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ostream>

#include "cli/changes.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/source.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t folder_files_max = 10'000;

struct Options {
  std::string from;
  std::string to;
};

// "12", or "now": a revision of the running system; a file of that name goes before it.
std::optional<statekit::Revision> revision_of(const std::string& word) {
  std::error_code ignored;
  if (fs::exists(word, ignored)) return std::nullopt;
  if (word == "now") return 0;
  statekit::Revision revision = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), revision);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size()) return std::nullopt;
  return revision;
}

// The file, or the *.schema files of a folder and those below it.
statekit::Result<std::vector<std::string>> files_of(const std::string& word) {
  std::error_code error;
  if (word == "-" || !fs::is_directory(word, error)) return std::vector<std::string>{word};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(word, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".schema") files.push_back(at->path().string());
    if (files.size() > folder_files_max)
      return statekit::fail(statekit::Code::invalid_argument,
                            word + ": more than " + std::to_string(folder_files_max) +
                                " schema files: name a folder with fewer");
  }
  if (error) return statekit::fail(statekit::Code::unavailable, word + ": " + error.message());
  if (files.empty())
    return statekit::fail(statekit::Code::invalid_argument,
                          word + ": a folder without a *.schema file");
  std::sort(files.begin(), files.end());
  return files;
}

// Reads one side; anything but `done` has been reported.
int read_side(const Session& session, const std::string& word, schema::Schema& schema) {
  if (const auto revision = revision_of(word)) {
    auto report = SchemaClient(session.addresses.schema).get_schema({}, *revision);
    if (!report) return session.report(report.error());
    schema = std::move(report->schema);
    return done;
  }
  const auto files = files_of(word);
  if (!files) return session.report(files.error());
  auto source = read_schema(*files);
  if (!source) return session.report(source.error());
  schema = std::move(source->schema);
  // Without faults it prints nothing: what is printed is one document.
  return source->diagnostics.empty() ? done : report(session, source->diagnostics);
}

int compare_sides(const Session& session, const Options& options, bool compat) {
  schema::Schema before;
  schema::Schema after;
  if (const int code = read_side(session, options.from, before); code != done) return code;
  if (const int code = read_side(session, options.to, after); code != done) return code;
  const std::vector<PlannedChange> changes = changes_between(before, after);
  if (session.json())
    *session.out << to_json(changes) << '\n';
  else
    *session.out << text_of(changes, session.colours, compat);
  const bool no = compat ? is_breaking(changes) : !changes.empty();
  return no ? refused : done;
}

Command comparing(Session& session, std::string words, std::string about, const char* from,
                  const char* to, bool compat) {
  const auto options = std::make_shared<Options>();
  Command command(std::move(words), std::move(about));
  command.keep(options)
      .argument(from, options->from, "a file, a folder of *.schema files, a revision, or `now`")
      .argument(to, options->to, "likewise")
      .prints_data(session)
      .uses_schema(session)
      .action([&session, options, compat] { return compare_sides(session, *options, compat); });
  return command;
}

}  // namespace

Command schema_diff_command(Session& session) {
  Command command = comparing(
      session, "schema diff",
      "Tell what is different between two schemas; exit 1 where they differ.", "FROM", "TO", false);
  command.examples(
      "  millrace schema diff old.schema new.schema\n"
      "  millrace schema diff 12 now          two revisions of the running system\n"
      "  millrace schema diff now shop.schema --output json\n");
  return command;
}

Command schema_compat_command(Session& session) {
  Command command = comparing(
      session, "schema compat",
      "Tell what breaks callers that were built against the old schema; exit 1 where any is.",
      "OLD", "NEW", true);
  command.examples(
      "  millrace schema compat main/ branch/     folders of *.schema files, in a pipeline\n"
      "  millrace schema compat now shop.schema\n");
  return command;
}

}  // namespace millrace::cli
