// storage info, verify, backup, restore, migrate, compact, accept-rewind: the store itself.
#include <chrono>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/progress.hpp"
#include "cli/storage/storage.hpp"

namespace millrace::cli {
namespace {

using Answer = statekit::Result<Facts>;

std::string text_of(const Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact)) return text->empty() ? "-" : *text;
  if (const auto* yes = std::get_if<bool>(&fact)) return *yes ? "yes" : "no";
  return std::to_string(std::get<std::uint64_t>(fact));
}

int print(const Session& session, const Answer& answer) {
  if (!answer) return session.report(answer.error());
  if (session.json()) {
    *session.out << to_json(*answer) << '\n';
    return done;
  }
  std::size_t width = 0;
  for (const auto& [name, fact] : *answer) width = std::max(width, name.size());
  for (const auto& [name, fact] : *answer) {
    std::string label = name;
    for (char& c : label)
      if (c == '_') c = ' ';
    *session.out << label << std::string(width + 2 - name.size(), ' ') << printable(text_of(fact))
                 << '\n';
  }
  return done;
}

// "copied 12000 of 50000 commits, 8000 a second, 5 s left".
std::string progress_line(const char* doing, std::uint64_t done_so_far, std::uint64_t of,
                          double seconds) {
  std::string line = std::string(doing) + " " + std::to_string(done_so_far) + " of " +
                     std::to_string(of) + " commits";
  if (seconds <= 0 || done_so_far == 0) return line;
  const double rate = static_cast<double>(done_so_far) / seconds;
  const double left = static_cast<double>(of - std::min(of, done_so_far)) / rate;
  return line + ", " + std::to_string(static_cast<std::uint64_t>(rate)) + " a second, " +
         std::to_string(static_cast<std::uint64_t>(left) + 1) + " s left";
}

int with_progress(const Session& session, const std::function<Answer(const OnProgress&)>& command) {
  Progress progress(session);
  const auto begun = std::chrono::steady_clock::now();
  const Answer answer =
      command([&](const char* doing, std::uint64_t done_so_far, std::uint64_t of, std::uint64_t) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
        progress.say(progress_line(doing, done_so_far, of, passed.count()));
      });
  progress.wipe();
  return print(session, answer);
}

Command make(Session& session, const std::shared_ptr<StorageOptions>& options,
             const std::string& name, const std::string& about) {
  Command command("storage " + name, about);
  command.keep(options)
      .text("--data", "DIR", options->data, "the data folder of the store")
      .text("--journal", "URL", options->journal, "the store's address instead")
      .prints_data(session);
  return command;
}

Command info(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command = make(session, options, "info", "Print what a store is and where it stands.");
  command.file("FILE", options->file, "a store or a backup, instead of --data or --journal")
      .optional_arguments()
      .examples("  millrace storage info --data /var/lib/millrace\n")
      .action([&session, options] { return print(session, storage_info(*options)); });
  return command;
}

Command verify(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command =
      make(session, options, "verify", "Read a whole store and check that nothing is damaged.");
  command.file("FILE", options->file, "a store or a backup, instead of --data or --journal")
      .optional_arguments()
      .examples("  millrace storage verify backup.db\n")
      .action([&session, options] {
        return with_progress(session,
                             [&](const OnProgress& on) { return storage_verify(*options, on); });
      });
  return command;
}

Command backup(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command =
      make(session, options, "backup", "Copy a store into one file, beside a running service.");
  command.file("FILE", options->file, "where to; a new file")
      .examples("  millrace storage backup monday.db --data /var/lib/millrace\n")
      .action([&session, options] {
        return with_progress(session,
                             [&](const OnProgress& on) { return storage_backup(*options, on); });
      });
  return command;
}

Command restore(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command = make(session, options, "restore", "Fill an empty store from a backup.");
  command.file("FILE", options->file, "the backup")
      .flag("--force", options->force, "although schema services live on the target")
      .examples("  millrace storage restore monday.db --data /var/lib/new\n")
      .action([&session, options] {
        return with_progress(session,
                             [&](const OnProgress& on) { return storage_restore(*options, on); });
      });
  return command;
}

Command migrate(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command = make(session, options, "migrate",
                         "Move a store to the newest format, or into another driver.");
  command.file("FILE", options->file, "the store, instead of --data or --journal")
      .optional_arguments()
      .text("--to", "URL", options->to, "copy into this empty store of any driver")
      .number("--format", options->format, 1, 2, "the format in which the file will be")
      .flag("--dry-run", options->dry_run, "only look, and say what would be moved")
      .flag("--force", options->force, "with --to: although schema services live on one of both")
      .flag("--discard-old", options->discard_old, "do not keep the store as it was")
      .flag("--undo", options->undo, "go back to the store as it was, if nothing was written since")
      .examples(
          "  millrace storage migrate --data /var/lib/millrace\n"
          "  millrace storage migrate --data /var/lib/millrace --undo\n")
      .action([&session, options] {
        return with_progress(session,
                             [&](const OnProgress& on) { return storage_migrate(*options, on); });
      });
  return command;
}

Command compact(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command = make(session, options, "compact",
                         "Drop old commits that a snapshot stands for, and give back the space.");
  command.file("FILE", options->file, "the store, instead of --data or --journal")
      .optional_arguments()
      .number("--keep", options->keep, 0, INT64_MAX, "keep at least so many commits")
      .flag("--dry-run", options->dry_run, "only say how many would go")
      .examples("  millrace storage compact --keep 10000 --data /var/lib/millrace\n")
      .action([&session, options] { return print(session, storage_compact(*options)); });
  return command;
}

Command accept_rewind(Session& session) {
  const auto options = std::make_shared<StorageOptions>();
  Command command = make(session, options, "accept-rewind",
                         "Let a store count as it is, after it went back on purpose.");
  command.file("FILE", options->file, "the store, instead of --data or --journal")
      .optional_arguments()
      .examples("  millrace storage accept-rewind --data /var/lib/millrace\n")
      .action([&session, options] { return print(session, storage_accept_rewind(*options)); });
  return command;
}

}  // namespace

std::vector<Command> storage_commands(Session& session) {
  std::vector<Command> commands;
  for (auto* each : {info, verify, backup, restore, migrate, compact, accept_rewind})
    commands.push_back(each(session));
  return commands;
}

}  // namespace millrace::cli
