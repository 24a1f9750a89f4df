// secret list, get, set, unset and rotate. A value comes from a file or from standard input, never
// from the command line, which every user of the machine can read.
#include <ostream>

#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/commands/config_parts.hpp"
#include "cli/json.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"
#include "schema/json.hpp"

namespace millrace::cli {

using seal::ClearText;
using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t value_bytes_max = 64 * 1024;
constexpr std::int64_t rotate_ms_max = 60'000;

struct Options {
  std::string name;
  std::string value;
  std::vector<std::string> names;
  ConfigWrite write;
  std::string reason;
  bool text = false;
  bool new_key = false;
  bool forget = false;
};

int list(const Session& session, const Options& options) {
  const auto report = SchemaClient(session.addresses.schema).secrets(options.name);
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
    return done;
  }
  Table table({"SECRET", "TYPE", "VERSION", "FINGERPRINT", "KEY", "FROM", "BY"});
  for (const SecretEntry& entry : report->entries) {
    const bool all = entry.module.empty();
    std::string from = all ? "for all: " + commas(entry.used_by) : "-";
    if (!all && entry.set) from = entry.from_global ? "all" : "own";
    if (!all && entry.type.empty()) from = "left over";
    table.row({schema::config_name(entry.module, entry.name), entry.type.empty() ? "-" : entry.type,
               entry.set ? std::to_string(entry.version) : "-", entry.set ? entry.fingerprint : "-",
               entry.set ? entry.key_id : "-", from, entry.set ? entry.author : "-"});
  }
  *session.out << table.text(session.colours);
  return done;
}

// What the file or standard input holds: JSON, or with --text a text that is made JSON of.
Result<ClearText> value_of(const Options& options) {
  if (options.value != "-" && !options.value.starts_with("@"))
    return fail(Code::invalid_argument,
                "a secret is not given on the command line, where others can read it: write @FILE, "
                "or - for standard input");
  auto read = read_source(options.value == "-" ? "-" : options.value.substr(1), value_bytes_max);
  if (!read) return fail(read.error());
  ClearText given(*std::move(read));
  if (!options.text) return given;
  std::string_view text = given.view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return ClearText(schema::json_string(text));
}

int set(const Session& session, const Options& options) {
  seal::write_no_core_dumps();
  const auto words = config_words(options.name);
  if (!words) return session.report(words.error());
  auto value = value_of(options);
  if (!value) return session.report(value.error());
  std::vector<SecretChange> changes;
  changes.push_back({words->first, words->second, *std::move(value)});
  return change_secrets(session, options.write, std::move(changes), options.name + " set");
}

int unset(const Session& session, const Options& options) {
  std::vector<SecretChange> changes;
  for (const std::string& name : options.names) {
    const auto words = config_words(name);
    if (!words) return session.report(words.error());
    changes.push_back({words->first, words->second, {}});
  }
  return change_secrets(session, options.write, std::move(changes),
                        commas(options.names) + " unset");
}

int get(const Session& session, const Options& options) {
  seal::write_no_core_dumps();
  const auto words = config_words(options.name);
  if (!words) return session.report(words.error());
  const SchemaClient client(session.addresses.schema);
  const auto seen = client.see_secrets(write_options(options.reason), {*words});
  if (!seen) return session.report(seen.error());
  const SeenSecret& secret = seen->front();
  if (session.json()) {
    *session.out << to_json(secret) << '\n';
    return done;
  }
  if (!options.text) {
    *session.out << secret.json.view() << '\n';
    return done;
  }
  const auto text = plain_text(secret.json.view());
  if (!text)
    return session.report(
        {Code::invalid_argument, options.name + " is no text: leave --text away", {}});
  *session.out << text->view() << '\n';
  return done;
}

int rotate(const Session& session, const Options& options) {
  const SchemaClient client(session.addresses.schema, rotate_ms_max);
  const auto report =
      client.rotate_secrets({write_options(options.reason), options.new_key, options.forget});
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
  } else {
    *session.out << count_of(report->rewrapped, "secret") << " wrapped anew by key "
                 << report->active_key << '\n';
    for (const std::string& key : report->forgotten)
      *session.out << "key " << printable(key) << " is forgotten\n";
    for (const auto& [key, count] : report->needed)
      *session.out << "key " << printable(key) << " is still needed by "
                   << count_of(count, "secret") << (options.forget ? ": not forgotten" : "")
                   << '\n';
  }
  for (const std::string& line : report->failures)
    *session.err << "error: " << printable(line) << '\n';
  return report->needed.empty() && report->failures.empty() ? done : refused;
}

Command set_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("secret set", "Set one secret, from a file or standard input.");
  command.keep(options)
      .argument("[MODULE.]NAME", options->name,
                "the secret; without MODULE for each module that has none of its own")
      .argument("@FILE|-", options->value, "a file with the value, or standard input")
      .flag("--text", options->text, "the value is a plain text, not JSON; a last line end is cut");
  add_config_write(command, options->write, session);
  command
      .examples(
          "  millrace secret set shop.api_key @key.txt --text\n"
          "  pass show shop | millrace secret set shop.api_key - --text\n"
          "\nIt is checked against its type and sealed.\n")
      .action([&session, options] { return set(session, *options); });
  return command;
}

Command get_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("secret get", "Print one secret in clear; who asked is told in the timeline.");
  command.keep(options)
      .argument("[MODULE.]NAME", options->name, "the secret, or the one for all modules")
      .flag("--text", options->text, "a text without its quotes")
      .text("--reason", "TEXT", options->reason, "why, for the audit")
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace secret get shop.api_key --text --reason 'the vendor asks for it'\n")
      .action([&session, options] { return get(session, *options); });
  return command;
}

Command unset_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("secret unset", "Take secrets away, all of them or none.");
  command.keep(options).arguments("[MODULE.]NAME", options->names, "the secrets");
  add_config_write(command, options->write, session);
  command.examples("  millrace secret unset shop.api_key\n").action([&session, options] {
    return unset(session, *options);
  });
  return command;
}

}  // namespace

int change_secrets(const Session& session, const ConfigWrite& write,
                   std::vector<SecretChange> changes, const std::string& done_words) {
  SecretOrder order{write_options(write.reason), std::move(changes), {}, write.plan};
  if (!write.if_revision.empty()) {
    const auto revision = revision_of(write.if_revision);
    if (!revision) return session.report(revision.error());
    order.if_revision = *revision;
  }
  const auto answer = SchemaClient(session.addresses.schema).change_secrets(order);
  if (!answer) return session.report(answer.error());
  if (session.json())
    *session.out << (write.plan ? to_json(*answer) : to_json(answer->position)) << '\n';
  else if (!write.plan)
    *session.out << done_words << " at revision " << answer->position.revision << '\n';
  else if (answer->plan.empty())
    *session.out << "nothing to change: it is so already\n";
  if (session.json() || !write.plan) return done;
  for (const std::string& line : answer->plan) *session.out << printable(line) << '\n';
  return done;
}

std::vector<Command> secret_commands(Session& session) {
  const auto listing = std::make_shared<Options>();
  Command list_command("secret list", "List every secret that is declared or set, without values.");
  list_command.keep(listing)
      .argument("MODULE", listing->name, "only of this module", false)
      .prints_data(session)
      .uses_schema(session)
      .examples("  millrace secret list shop\n")
      .action([&session, listing] { return list(session, *listing); });
  const auto turning = std::make_shared<Options>();
  Command rotate_command("secret rotate", "Wrap the keys of all secrets with the active key.");
  rotate_command.keep(turning)
      .flag("--new-key", turning->new_key, "make a new active key first")
      .flag("--forget", turning->forget, "forget every key that no secret needs any more")
      .text("--reason", "TEXT", turning->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples(
          "  millrace secret rotate --new-key           then keep a copy of the keyring\n"
          "  millrace secret rotate --forget            once that copy is safe\n"
          "\nStopped at any point, it goes on where it was. Exits with 1 while an old key is "
          "needed, or a secret does not open.\n")
      .action([&session, turning] { return rotate(session, *turning); });
  std::vector<Command> commands{std::move(list_command), get_command(session), set_command(session),
                                unset_command(session), std::move(rotate_command)};
  for (Command& command : secret_many_commands(session)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace millrace::cli
