// schema diff and schema compat: what is different between two schemas, from files, folders or the
// revisions of the running system. Files beside a revision stand for their own modules, all others
// are taken to stay as they are there.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/changes.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/revision.hpp"
#include "cli/side.hpp"
#include "cli/source.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t folder_files_max = 10'000;

struct Options {
  std::string from;
  std::string to;
  std::vector<std::string> with;
  bool whole = false;
};

// What one word stands for.
struct Read {
  schema::Schema schema;
  bool revision = false;  // of the running system: all of its modules
};

// "12", or "now": of the running system; a file of that name goes before it.
bool is_revision(const std::string& word) {
  std::error_code ignored;
  if (word.empty() || fs::exists(word, ignored)) return false;
  return word == "now" || word.find_first_not_of("0123456789") == std::string::npos;
}

// 0: now.
statekit::Result<statekit::Revision> revision_of(const std::string& word) {
  if (word == "now") return statekit::Revision{0};
  return read_revision(word);
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

// Anything but `done` has been reported.
int read_word(const Session& session, const std::string& word, Read& read) {
  if (is_revision(word)) {
    const auto revision = revision_of(word);
    if (!revision) return session.report(revision.error());
    auto report = SchemaClient(session.addresses.schema).get_schema({}, *revision);
    if (!report) return session.report(report.error());
    read = {std::move(report->schema), true};
    // The files that they were deployed from are not the ones at hand.
    for (schema::Module& module : read.schema.modules) module.file.name = word;
    for (schema::Realm& realm : read.schema.realms) realm.file.name = word;
    return done;
  }
  const auto files = files_of(word);
  if (!files) return session.report(files.error());
  auto source = read_schema(*files);
  if (!source) return session.report(source.error());
  read = {std::move(source->schema), false};
  // Without faults it prints nothing: what is printed is one document.
  return source->diagnostics.empty() ? done : report(session, source->diagnostics);
}

// The modules that files leave as they are: what --with names, and those of the other side, where
// that is a revision, which then has the former too.
int read_base(const Session& session, const Options& options, Read& before, Read& after,
              schema::Schema& base) {
  for (const std::string& word : options.with) {
    Read read;
    if (const int code = read_word(session, word, read); code != done) return code;
    base = placed_on(base, read.schema).schema;
  }
  if (before.revision != after.revision && !options.whole) {
    schema::Schema& running = before.revision ? before.schema : after.schema;
    if (!options.with.empty()) running = placed_on(base, running).schema;
    base = running;
  } else {
    // What one side of files leaves out is gone there.
    std::erase_if(base.modules, [&](const schema::Module& module) {
      return schema::find_module(before.schema, module.name) != nullptr ||
             schema::find_module(after.schema, module.name) != nullptr;
    });
  }
  return done;
}

// Puts files among the modules that they leave as they are; refused where they do not fit there.
int place(const Session& session, const schema::Schema& base, Read& read) {
  if (read.revision) return done;
  Side side = placed_on(base, read.schema);
  read.schema = std::move(side.schema);
  if (side.faults.empty()) return done;
  const int code = report(session, side.faults);
  const bool alone = base.modules.empty();
  const bool unknown = std::any_of(side.faults.begin(), side.faults.end(),
                                   [](const auto& fault) { return fault.rule == "unknown-ref"; });
  if (alone && unknown && !session.json())
    *session.err << "hint: --with FILE or --with now tells where the modules are that are not "
                    "compared but referred to\n";
  return code;
}

int compare_sides(const Session& session, const Options& options, bool compat) {
  if (options.whole && !options.with.empty())
    return session.report({statekit::Code::invalid_argument,
                           "--whole and --with: files that are the whole need no others",
                           {}});
  Read before;
  Read after;
  schema::Schema base;
  if (const int code = read_word(session, options.from, before); code != done) return code;
  if (const int code = read_word(session, options.to, after); code != done) return code;
  if (const int code = read_base(session, options, before, after, base); code != done) return code;
  if (const int code = place(session, base, before); code != done) return code;
  if (const int code = place(session, base, after); code != done) return code;
  const std::vector<PlannedChange> changes = changes_between(before.schema, after.schema);
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
      .list("--with", "WORD", options->with,
            "likewise: modules that are as they are on both sides, for files that refer to them")
      .flag("--whole", options->whole,
            "files hold the whole system: a module of the revision that they leave out is gone")
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
      "  millrace schema diff now shop.schema      its modules only: others stay as they are\n"
      "  millrace schema diff now shop/ --whole    what the folder leaves out is gone\n"
      "  millrace schema diff old.schema new.schema --with time.schema\n"
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
      "  millrace schema compat now shop.schema   its modules against what is deployed\n"
      "  millrace schema compat old.schema new.schema --with now\n");
  return command;
}

}  // namespace millrace::cli
