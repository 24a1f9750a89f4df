// secret import and export: many at once. Values come from a file or from standard input; what is
// exported names them, and holds them in clear only where that is asked for.
#include <algorithm>
#include <map>
#include <ostream>

#include "cli/author.hpp"
#include "cli/commands.hpp"
#include "cli/commands/config_parts.hpp"
#include "cli/config_file.hpp"
#include "cli/source.hpp"
#include "schema/json.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

// Of the largest size they fit one answer.
constexpr std::size_t seen_at_once = 50;

struct Options {
  std::string file;
  std::string module;
  std::string format;
  bool clear = false;
  std::string reason;
  ConfigWrite write;
};

Result<std::vector<SecretChange>> read_file(const Options& options) {
  const auto format = [&]() -> Result<ConfigFormat> {
    if (options.format == "json") return ConfigFormat::json;
    if (options.format == "toml") return ConfigFormat::toml;
    return config_format_of(options.file);
  }();
  if (!format) return fail(format.error());
  auto text = read_source(options.file, config_file_bytes_max);
  if (!text) return fail(text.error());
  auto values = parse_config(*text, *format, options.file, true);
  seal::wipe(*text);
  if (!values) return fail(std::move(values.error()));
  std::vector<SecretChange> changes;
  for (ConfigChange& each : *values) {
    changes.push_back({each.module, each.name, seal::ClearText(*each.json)});
    seal::wipe(*each.json);
  }
  return changes;
}

int import(const Session& session, const Options& options) {
  seal::write_no_core_dumps();
  auto changes = read_file(options);
  if (!changes) return session.report(changes.error());
  if (changes->empty())
    return session.report({Code::invalid_argument, options.file + ": holds no secrets", {}});
  const std::string words = count_of(changes->size(), "secret") + " set";
  return change_secrets(session, options.write, *std::move(changes), words);
}

// What is set itself, and what is declared and has no value: not what is given of those for all.
using Tables = std::map<std::string, std::vector<const SecretEntry*>>;  // by module

Tables tables_of(const SecretReport& report, const std::string& module) {
  Tables tables;
  for (const SecretEntry& each : report.entries)
    if (!each.from_global && (module.empty() || each.module == module))
      tables[each.module].push_back(&each);
  return tables;
}

std::string about(const SecretEntry& entry) {
  std::string words = entry.type;
  if (entry.set)
    words += (words.empty() ? "" : ", ") + std::string("version ") + std::to_string(entry.version) +
             ", fingerprint " + entry.fingerprint;
  return words + (entry.set ? "" : ", not set");
}

// A file to fill in: every name, each line a comment.
std::string names_in_toml(const Tables& tables) {
  std::string out;
  for (const auto& [module, entries] : tables) {
    out += out.empty() ? "" : "\n";
    out += module.empty() ? "[global]\n" : "[modules." + module + "]\n";
    for (const SecretEntry* each : entries)
      out += "# " + each->name + " =   # " + printable(about(*each)) + "\n";
  }
  return out;
}

std::string names_in_json(const Tables& tables) {
  std::string out = "{";
  for (const auto& [module, entries] : tables) {
    std::string names;
    for (const SecretEntry* each : entries)
      names += (names.empty() ? "" : ", ") + schema::json_string(each->name);
    out += (out.size() > 1 ? ",\n " : "\n ") + schema::json_string(module) + ": [" + names + "]";
  }
  return out + "\n}\n";
}

int print_clear(const Session& session, const Options& options, const Tables& tables) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [module, entries] : tables)
    for (const SecretEntry* each : entries)
      if (each->set) names.emplace_back(module, each->name);
  const SchemaClient client(session.addresses.schema);
  std::vector<ConfigChange> values;
  for (std::size_t at = 0; at < names.size(); at += seen_at_once) {
    const auto end = std::min(names.size(), at + seen_at_once);
    const auto seen = client.see_secrets(
        write_options(options.reason),
        {names.begin() + static_cast<long>(at), names.begin() + static_cast<long>(end)});
    if (!seen) return session.report(seen.error());
    for (const SeenSecret& each : *seen)
      values.push_back({each.module, each.name, std::string(each.json.view())});
  }
  auto text =
      print_config(values, options.format == "toml" ? ConfigFormat::toml : ConfigFormat::json);
  for (ConfigChange& each : values) seal::wipe(*each.json);
  if (!text) return session.report(text.error());
  *session.out << *text;
  seal::wipe(*text);
  return done;
}

int export_secrets(const Session& session, const Options& options) {
  seal::write_no_core_dumps();
  const auto report = SchemaClient(session.addresses.schema).secrets(options.module);
  if (!report) return session.report(report.error());
  const Tables tables = tables_of(*report, options.module);
  if (options.clear) return print_clear(session, options, tables);
  *session.out << (options.format == "toml" ? names_in_toml(tables) : names_in_json(tables));
  return done;
}

}  // namespace

std::vector<Command> secret_many_commands(Session& session) {
  const auto in = std::make_shared<Options>();
  Command import_command("secret import", "Set the secrets of a file, all of them or none.");
  import_command.keep(in)
      .file("FILE", in->file, "a .json or .toml file, or - for standard input")
      .choice("--format", {"json", "toml"}, in->format, "of FILE; by its name if not given");
  add_config_write(import_command, in->write, session);
  import_command
      .examples(
          "  sops -d secrets.toml | millrace secret import - --format toml --plan\n"
          "\nThe file is as that of `config import`: [global] and [modules.MODULE].\n")
      .action([&session, in] { return import(session, *in); });
  const auto out = std::make_shared<Options>();
  out->format = "json";
  Command export_command("secret export", "Print the names of secrets, or all of them in clear.");
  export_command.keep(out)
      .argument("MODULE", out->module, "only of this module", false)
      .flag("--clear", out->clear, "with their values, for `secret import`; it is audited")
      .choice("--format", {"json", "toml"}, out->format, "of what is printed")
      .text("--reason", "TEXT", out->reason, "why, for the audit")
      .uses_schema(session)
      .examples(
          "  millrace secret export --format toml          names only, a form to fill in\n"
          "  millrace secret export --clear | age -r ... > secrets.age\n")
      .action([&session, out] { return export_secrets(session, *out); });
  return {std::move(import_command), std::move(export_command), secret_history_command(session)};
}

}  // namespace millrace::cli
