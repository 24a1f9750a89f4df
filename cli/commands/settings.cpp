// settings check, show and upgrade: what the binaries would make of a file, the environment and
// flags, without starting one.
#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/commands/settings_diff.hpp"
#include "cli/commands/settings_replace.hpp"
#include "cli/json.hpp"
#include "cli/serve/all_settings.hpp"
#include "cli/table.hpp"
#include "settings/upgrade.hpp"

namespace millrace::cli {
namespace {

using statekit::Code;
using statekit::Result;
using statekit::Status;

struct Options {
  std::string file;
  bool without_files = false;
  bool dry_run = false;
  std::vector<std::string> flags;
};

struct Effective {
  AllSettings settings;
  settings::Fields fields;
  settings::Loaded loaded;
};

// As the binaries find it: the file that is named, else that of the environment.
std::string file_of(const Options& options) {
  const char* named = std::getenv("MILLRACE_SETTINGS");
  return options.file.empty() && named != nullptr ? named : options.file;
}

// `effective` is filled in place: its fields point into its settings.
Status load(const Options& options, Effective& effective) {
  describe(effective.fields, effective.settings);
  settings::Sources sources{file_of(options), true, settings::environment(), options.flags};
  auto loaded = settings::load(effective.fields, sources, settings::released());
  if (!loaded) return statekit::fail(loaded.error());
  effective.loaded = std::move(*loaded);
  return {};
}

void say(const Session& session, const settings::Loaded& loaded) {
  for (const std::string& line : loaded.deprecated)
    *session.err << "DEPRECATED: " << printable(line) << '\n';
  for (const std::string& line : loaded.hints) *session.err << "hint: " << printable(line) << '\n';
}

// Elsewhere than where the services run there are not the files that they name.
std::vector<std::string> faults_in(const Effective& effective, const Options& options) {
  std::vector<std::string> faults = effective.loaded.useless;
  if (options.without_files) return faults;
  for (std::string& fault : faults_of(effective.fields, effective.settings))
    faults.push_back(std::move(fault));
  return faults;
}

std::vector<std::string> warnings_in(const Effective& effective, const Options& options) {
  if (options.without_files) return {};
  return access::warnings_of(effective.settings.tls);
}

int check(const Session& session, const Options& options) {
  Effective effective;
  if (const Status loaded = load(options, effective); !loaded)
    return session.report(loaded.error());
  say(session, effective.loaded);
  if (auto faults = faults_in(effective, options); !faults.empty())
    return session.report({Code::failed_precondition,
                           faults.size() == 1
                               ? "1 setting is wrong"
                               : std::to_string(faults.size()) + " settings are wrong",
                           std::move(faults)});
  const auto warnings = warnings_in(effective, options);
  for (const std::string& line : warnings) *session.err << "warning: " << printable(line) << '\n';
  if (session.json()) {
    *session.out << settings_json({}, effective.loaded.deprecated, effective.loaded.hints,
                                  &warnings)
                 << '\n';
  } else {
    const std::string file = file_of(options);
    *session.out << (file.empty() ? "the settings are right" : printable(file) + ": right") << '\n';
  }
  return done;
}

std::string where_of(const settings::Loaded& loaded, const std::string& field) {
  const auto found = loaded.where_of.find(field);
  return found == loaded.where_of.end() ? "default" : found->second;
}

std::vector<SettingReport> reports(const Effective& effective) {
  std::vector<SettingReport> rows;
  for (const settings::Field& field : effective.fields.all()) {
    const std::string value =
        field.secret ? (field.show().empty() ? "" : "***") : settings::masked(field.show());
    rows.push_back({settings::newest_name(settings::released(), field.name), value,
                    where_of(effective.loaded, field.name), field.help});
  }
  std::sort(rows.begin(), rows.end(), [](const SettingReport& a, const SettingReport& b) {
    return std::pair(std::count(a.name.begin(), a.name.end(), '.') > 0, a.name) <
           std::pair(std::count(b.name.begin(), b.name.end(), '.') > 0, b.name);
  });
  return rows;
}

int show(const Session& session, const Options& options) {
  Effective effective;
  if (const Status loaded = load(options, effective); !loaded)
    return session.report(loaded.error());
  say(session, effective.loaded);
  for (const std::string& line : effective.loaded.useless)
    *session.err << "warning: " << printable(line) << '\n';
  const std::vector<SettingReport> rows = reports(effective);
  if (session.json()) {
    *session.out << settings_json(rows, effective.loaded.deprecated, effective.loaded.hints)
                 << '\n';
    return done;
  }
  Table table({"SETTING", "VALUE", "FROM"});
  for (const SettingReport& row : rows) table.row({row.name, row.value, row.from});
  *session.out << table.text(session.colours);
  return done;
}

// A diff shows no password.
std::string for_eyes(const std::string& text) {
  std::istringstream lines(text);
  std::string shown;
  for (std::string line; std::getline(lines, line);) shown += settings::masked(line) + "\n";
  return shown;
}

int upgrade(const Session& session, const Options& options) {
  const auto text = settings::read_settings_file(options.file);
  if (!text) return session.report(text.error());
  AllSettings settings;
  settings::Fields fields;
  describe(fields, settings);
  const auto upgraded = settings::upgrade(settings::released(), fields, options.file, *text);
  if (!upgraded) return session.report(upgraded.error());
  const int newest = settings::released().newest().number;
  if (upgraded->from == newest) {
    *session.out << printable(options.file) << " is written in version " << newest
                 << ", the newest\n";
    return done;
  }
  *session.out << line_diff(for_eyes(*text), for_eyes(upgraded->text));
  for (const std::string& line : upgraded->deprecated)
    *session.err << "DEPRECATED: " << printable(line) << '\n';
  if (options.dry_run) return done;
  if (const Status written = replace_settings_file(options.file, *text, upgraded->text); !written)
    return session.report(written.error());
  *session.out << printable(options.file) << ": version " << upgraded->from << " -> " << newest
               << '\n';
  return done;
}

Command check_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("settings check", "Check settings as every binary would read them.");
  command.keep(options)
      .file("FILE", options->file,
            "a settings file in TOML; none: that of MILLRACE_SETTINGS, if any")
      .optional_arguments()
      .after_dashes("FLAG", options->flags, "settings as flags, such as --schema.lease=5s")
      .optional_arguments()
      .flag("--without-files", options->without_files,
            "do not look at the files that it names, nor which ports would be opened")
      .prints_data(session)
      .examples(
          "  millrace settings check millrace.toml\n"
          "  millrace settings check millrace.toml -- --schema.lease 5s\n"
          "\nThe files that the settings name (certificates, keys, tokens, keyring) are read as at "
          "a start, so check\nwhere the services run, or with --without-files.\n")
      .action([&session, options] { return check(session, *options); });
  return command;
}

Command show_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("settings show", "Print the settings in force, each with where it comes from.");
  command.keep(options)
      .file("FILE", options->file,
            "a settings file in TOML; none: that of MILLRACE_SETTINGS, if any")
      .optional_arguments()
      .after_dashes("FLAG", options->flags, "settings as flags")
      .optional_arguments()
      .prints_data(session)
      .examples("  MILLRACE_LOG_LEVEL=debug millrace settings show\n")
      .action([&session, options] { return show(session, *options); });
  return command;
}

Command upgrade_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("settings upgrade", "Rewrite a settings file in the newest version.");
  command.keep(options)
      .file("FILE", options->file, "a settings file in TOML; comments are kept")
      .flag("--dry-run", options->dry_run, "only show what would change")
      .examples("  millrace settings upgrade millrace.toml --dry-run\n")
      .action([&session, options] { return upgrade(session, *options); });
  return command;
}

}  // namespace

std::vector<Command> settings_commands(Session& session) {
  std::vector<Command> commands;
  commands.push_back(check_command(session));
  commands.push_back(show_command(session));
  commands.push_back(upgrade_command(session));
  return commands;
}

}  // namespace millrace::cli
