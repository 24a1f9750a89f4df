// config list, get, set and unset.
#include <ostream>

#include "cli/author.hpp"
#include "cli/commands.hpp"
#include "cli/commands/config_parts.hpp"
#include "cli/json.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"
#include "schema/json.hpp"
#include "schema/type.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t value_bytes_max = std::size_t{1} << 20;

struct Options {
  std::string name;
  std::string value;
  std::vector<std::string> names;
  statekit::Revision at = 0;  // 0: now
  ConfigWrite write;
};

void print_list(const Session& session, const ConfigReport& report) {
  Table table({"CONFIG", "TYPE", "VALUE", "FROM", "REVISION", "BY"});
  for (const ConfigEntry& entry : report.entries) {
    const bool all = entry.module.empty();
    std::string from = all ? "for all: " + commas(entry.used_by) : "";
    if (!all && entry.json) from = entry.from_global ? "all" : "own";
    if (!all && entry.type.empty()) from = "left over";
    if (!entry.problem.empty()) from += ", not given: " + entry.problem;
    table.row({schema::config_name(entry.module, entry.name), entry.type.empty() ? "-" : entry.type,
               entry.json ? schema::shown_value(*entry.json) : "-", from.empty() ? "-" : from,
               entry.json ? std::to_string(entry.revision) : "-", entry.json ? entry.author : "-"});
  }
  *session.out << table.text(session.colours);
}

int list(const Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema);
  const auto report = client.config(options.name, options.at);
  if (!report) return session.report(report.error());
  if (session.json())
    *session.out << to_json(*report) << '\n';
  else
    print_list(session, *report);
  return done;
}

int get(const Session& session, const Options& options) {
  const auto words = config_words(options.name);
  if (!words) return session.report(words.error());
  const SchemaClient client(session.addresses.schema);
  const auto report = client.config(words->first, options.at);
  if (!report) return session.report(report.error());
  for (const ConfigEntry& entry : report->entries) {
    if (entry.module != words->first || entry.name != words->second) continue;
    if (session.json()) {
      *session.out << to_json(entry) << '\n';
      return entry.json ? done : refused;
    }
    if (!entry.problem.empty())
      *session.err << "warning: its module is not given it: " << printable(entry.problem) << '\n';
    if (entry.json) *session.out << *entry.json << '\n';
    if (entry.json) return done;
  }
  const bool all = words->first.empty();
  return session.report({Code::not_found,
                         options.name + (all ? " has no value for all modules" : " has no value") +
                             ": `millrace config list" + (all ? "" : " " + words->first) +
                             "` shows what there is",
                         {}});
}

// JSON as it stands, or of a file.
Result<std::string> value_of(const std::string& word) {
  if (word != "-" && !word.starts_with("@")) return word;
  return read_source(word == "-" ? word : word.substr(1), value_bytes_max);
}

// The service says what does not fit; a text without its quotes is what people get wrong.
std::optional<statekit::Error> unquoted(const Options& options, const std::string& json) {
  const auto any = schema::canonicalize({}, schema::type_of(schema::TypeKind::any), json);
  if (any || options.value == "-" || options.value.starts_with("@")) return std::nullopt;
  const std::string shown = schema::shown_value(json);
  return statekit::Error{Code::invalid_argument,
                         options.name + ": `" + shown + "` is no JSON: " + any.error()[0].message +
                             "; a text is written with its quotes, '\"" + shown + "\"'",
                         {}};
}

int set(const Session& session, const Options& options) {
  const auto words = config_words(options.name);
  if (!words) return session.report(words.error());
  const auto json = value_of(options.value);
  if (!json) return session.report(json.error());
  if (const auto error = unquoted(options, *json)) return session.report(*error);
  return change_config(session, options.write, {{words->first, words->second, *json}},
                       options.name + " set");
}

int unset(const Session& session, const Options& options) {
  std::vector<ConfigChange> changes;
  for (const std::string& name : options.names) {
    const auto words = config_words(name);
    if (!words) return session.report(words.error());
    changes.push_back({words->first, words->second, {}});
  }
  const std::string what = commas(options.names) + " unset";
  return change_config(session, options.write, std::move(changes), what);
}

Command list_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config list", "List every config that is declared or set, with its value.");
  command.keep(options)
      .argument("MODULE", options->name, "only of this module", false)
      .revision("--at", options->at, "as it was at this revision; without it, as it is now")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace config list shop\n")
      .action([&session, options] { return list(session, *options); });
  return command;
}

Command get_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config get", "Print one value: what a module is given, or the value for all.");
  command.keep(options)
      .argument("[MODULE.]NAME", options->name, "the config")
      .revision("--at", options->at, "as it was at this revision; without it, as it is now")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace config get shop.currency\n")
      .action([&session, options] { return get(session, *options); });
  return command;
}

Command set_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config set", "Set one value, checked against its declared type.");
  command.keep(options)
      .argument("[MODULE.]NAME", options->name,
                "the config; without MODULE for each module that has no value of its own")
      .argument("JSON|@FILE|-", options->value, "the value, a file with it, or standard input");
  add_config_write(command, options->write, session);
  command
      .examples(
          "  millrace config set shop.currency '\"EUR\"' --reason 'we sell in Europe'\n"
          "  millrace config set shop.limits @limits.json --plan\n"
          "  millrace config set region '\"eu\"'      for all modules that declare it\n")
      .action([&session, options] { return set(session, *options); });
  return command;
}

Command unset_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("config unset", "Take values away, all of them or none.");
  command.keep(options).arguments("[MODULE.]NAME", options->names, "the configs");
  add_config_write(command, options->write, session);
  command.examples("  millrace config unset shop.currency\n").action([&session, options] {
    return unset(session, *options);
  });
  return command;
}

}  // namespace

void add_config_write(Command& command, ConfigWrite& write, Session& session) {
  command.flag("--plan", write.plan, "say what would change, change nothing")
      .text("--if-revision", "REV", write.if_revision,
            "only if none of these values has changed since this revision")
      .text("--reason", "TEXT", write.reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session);
}

Result<std::pair<std::string, std::string>> config_words(const std::string& word) {
  const std::size_t dot = word.find('.');
  const std::string module = dot == std::string::npos ? "" : word.substr(0, dot);
  const std::string name = dot == std::string::npos ? word : word.substr(dot + 1);
  const bool good =
      schema::is_ident(name) && (dot == std::string::npos || schema::is_ident(module));
  if (good) return std::pair{module, name};
  return fail(Code::invalid_argument,
              "\"" + word + "\" is no name of a config: write NAME or MODULE.NAME");
}

Result<statekit::Revision> revision_of(const std::string& word) {
  const bool digits = !word.empty() && word.size() <= 18 &&
                      word.find_first_not_of("0123456789") == std::string::npos;
  if (digits) return std::stoull(word);
  return fail(Code::invalid_argument, "\"" + word +
                                          "\" is no revision: `millrace schema history` and "
                                          "`millrace config list` show them");
}

std::string count_of(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

int change_config(const Session& session, const ConfigWrite& write,
                  std::vector<ConfigChange> changes, const std::string& done_words,
                  std::optional<statekit::Revision> seen) {
  ConfigOrder order{write_options(write.reason), std::move(changes), seen, write.plan};
  if (!write.if_revision.empty()) {
    const auto revision = revision_of(write.if_revision);
    if (!revision) return session.report(revision.error());
    order.if_revision = *revision;
  }
  const SchemaClient client(session.addresses.schema);
  const auto answer = client.change_config(order);
  if (!answer) return session.report(answer.error());
  if (session.json()) {
    *session.out << to_json(*answer) << '\n';
  } else if (!write.plan) {
    *session.out << done_words << " at revision " << answer->position.revision << '\n';
  } else if (answer->plan.empty()) {
    *session.out << "nothing to change: it is so already\n";
  }
  if (session.json() || !write.plan) return done;
  for (const std::string& line : answer->plan) *session.out << printable(line) << '\n';
  return done;
}

std::vector<Command> config_commands(Session& session) {
  std::vector<Command> commands{list_command(session), get_command(session), set_command(session),
                                unset_command(session)};
  for (Command& command : config_many_commands(session)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace millrace::cli
