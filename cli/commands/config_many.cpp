// config import, export and rollback: many values at once.
#include <map>
#include <ostream>
#include <set>

#include "cli/commands.hpp"
#include "cli/commands/config_parts.hpp"
#include "cli/config_file.hpp"
#include "cli/config_same.hpp"
#include "cli/json.hpp"
#include "cli/revision.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

struct Options {
  std::string file;
  std::string module;
  std::string format;
  std::string revision;
  std::vector<std::string> names;
  bool replace = false;
  statekit::Revision at = 0;  // 0: now
  ConfigWrite write;
};

// What is set itself: not what a module is given of the values for all.
std::map<ConfigKey, std::string> values_set(const ConfigReport& report) {
  std::map<ConfigKey, std::string> values;
  for (const ConfigEntry& entry : report.entries)
    if (entry.json && !entry.from_global) values[{entry.module, entry.name}] = *entry.json;
  return values;
}

Result<ConfigFormat> format_of(const Options& options) {
  if (options.format == "json") return ConfigFormat::json;
  if (options.format == "toml") return ConfigFormat::toml;
  return config_format_of(options.file);
}

Result<std::vector<ConfigChange>> read_file(const Options& options) {
  const auto format = format_of(options);
  if (!format) return fail(format.error());
  const auto text = read_source(options.file, config_file_bytes_max);
  if (!text) return fail(text.error());
  return parse_config(*text, *format, options.file);
}

std::string done_words(const std::vector<ConfigChange>& changes) {
  std::size_t set = 0;
  for (const ConfigChange& each : changes) set += each.json ? 1 : 0;
  std::string words = count_of(set, "value") + " set";
  if (set < changes.size()) words += ", " + std::to_string(changes.size() - set) + " unset";
  return words;
}

int nothing_to_change(const Session& session, const ConfigReport& report) {
  if (session.json())
    *session.out << to_json(ConfigAnswer{{}, report.position}) << '\n';
  else
    *session.out << "nothing to change: it is so already\n";
  return done;
}

// An empty file is what a failed export leaves behind, so it takes nothing away.
statekit::Error holds_nothing(const Options& options) {
  std::string what = options.file + ": holds no values";
  if (options.replace) what += ", so nothing was done: `millrace config unset NAME ...` unsets";
  return {Code::invalid_argument, what, {}};
}

int import(const Session& session, const Options& options) {
  auto changes = read_file(options);
  if (!changes) return session.report(changes.error());
  const bool empty = changes->empty();
  std::optional<statekit::Revision> seen;
  // The service passes over what is so already; only what is too much for it is thinned out here.
  if (options.replace || changes->size() > config_changes_at_once) {
    const auto report = SchemaClient(session.addresses.schema).config("");
    if (!report) return session.report(report.error());
    const auto now = values_set(*report);
    if (options.replace) seen = report->position.revision;
    if (options.replace && !empty) unset_others(now, *changes);
    if (changes->size() > config_changes_at_once) changes = without_same(*std::move(changes), now);
    if (changes->empty() && (!empty || now.empty())) return nothing_to_change(session, *report);
  }
  if (empty) return session.report(holds_nothing(options));
  const std::string words = done_words(*changes);
  return change_config(session, options.write, *std::move(changes), words, seen);
}

int export_values(const Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema);
  const auto report = client.config(options.module, options.at);
  if (!report) return session.report(report.error());
  std::vector<ConfigChange> values;
  for (const auto& [key, json] : values_set(*report))
    if (options.module.empty() || key.first == options.module)
      values.push_back({key.first, key.second, json});
  const auto text =
      print_config(values, options.format == "toml" ? ConfigFormat::toml : ConfigFormat::json);
  if (!text) return session.report(text.error());
  *session.out << *text;
  return done;
}

// What turns the values of now into those of then.
std::vector<ConfigChange> back_to(const std::map<ConfigKey, std::string>& then,
                                  const std::map<ConfigKey, std::string>& now,
                                  const std::set<ConfigKey>& only) {
  std::vector<ConfigChange> changes;
  const auto wanted = [&](const ConfigKey& key) { return only.empty() || only.contains(key); };
  for (const auto& [key, json] : then) {
    const auto found = now.find(key);
    const bool same = found != now.end() && found->second == json;
    if (wanted(key) && !same) changes.push_back({key.first, key.second, json});
  }
  for (const auto& [key, json] : now)
    if (wanted(key) && !then.contains(key)) changes.push_back({key.first, key.second, {}});
  return changes;
}

int rollback(const Session& session, const Options& options) {
  const auto revision = read_revision(options.revision);
  if (!revision) return session.report(revision.error());
  std::set<ConfigKey> only;
  for (const std::string& name : options.names) {
    const auto words = config_words(name);
    if (!words) return session.report(words.error());
    only.insert(*words);
  }
  const SchemaClient client(session.addresses.schema);
  const auto then = client.config("", *revision);
  if (!then) return session.report(then.error());
  const auto now = client.config("");
  if (!now) return session.report(now.error());
  auto changes = back_to(values_set(*then), values_set(*now), only);
  if (changes.empty()) return nothing_to_change(session, *now);
  const std::string words = done_words(changes);
  return change_config(session, options.write, std::move(changes), words, now->position.revision);
}

Command import_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config import", "Set the values of a file, all of them or none.");
  command.keep(options)
      .file("FILE", options->file, "a .json or .toml file, or - for standard input")
      .choice("--format", {"json", "toml"}, options->format, "of FILE; by its name if not given")
      .flag("--replace", options->replace, "unset every value that is not in the file");
  add_config_write(command, options->write, session);
  command
      .examples(
          "  millrace config import config.toml --plan\n"
          "\nThe file has a table [global] for all modules and [modules.MODULE] for each.\n")
      .action([&session, options] { return import(session, *options); });
  return command;
}

Command export_command(Session& session) {
  const auto options = std::make_shared<Options>();
  options->format = "json";
  Command command("config export", "Print the values that are set, for `config import`.");
  command.keep(options)
      .argument("MODULE", options->module, "only of this module", false)
      .choice("--format", {"json", "toml"}, options->format, "of what is printed")
      .revision("--at", options->at, "as it was at this revision; without it, as it is now")
      .uses_schema(session)
      .examples("  millrace config export --format toml > config.toml\n")
      .action([&session, options] { return export_values(session, *options); });
  return command;
}

Command back_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config rollback", "Make values again what they were at an earlier revision.");
  command.keep(options)
      .argument("REV", options->revision, "the revision, as `schema history` shows it")
      .arguments("[MODULE.]NAME", options->names, "only these; all where none is named")
      .optional_arguments();
  add_config_write(command, options->write, session);
  command.examples("  millrace config rollback 12 shop.currency --plan\n")
      .action([&session, options] { return rollback(session, *options); });
  return command;
}

}  // namespace

std::vector<Command> config_many_commands(Session& session) {
  return {import_command(session), export_command(session), back_command(session),
          config_history_command(session)};
}

}  // namespace millrace::cli
