// schema jsonschema and schema openapi: a schema for those who speak other languages.
#include <functional>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/source.hpp"
#include "schema/check.hpp"
#include "schema/json_schema.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string verb;
  bool strict = false;
};

using Emit = statekit::Result<std::string> (*)(const schema::Schema&,
                                               const std::optional<schema::Ref>&);

int emit_files(Session& session, const Options& options, Emit emit) {
  std::optional<schema::Ref> verb;
  if (!options.verb.empty()) {
    verb = schema::parse_ref(options.verb);
    if (!verb) {
      return session.report({statekit::Code::invalid_argument,
                             "--verb " + options.verb + ": wanted MODULE.VERB",
                             {}});
    }
  }
  auto source = read_schema(options.files);
  if (!source) return session.report(source.error());
  if (source->diagnostics.empty()) source->diagnostics = schema::check(source->schema);
  if (const int exit_code = report(session, source->diagnostics); exit_code != done) {
    return exit_code;
  }
  if (const int code = tell_warnings(session, source->schema, options.strict); code != done)
    return code;
  const auto document = emit(source->schema, verb);
  if (!document) return session.report(document.error());
  *session.out << *document;
  return done;
}

Command command_of(Session& session, const char* words, const char* about, const char* verb_help,
                   Emit emit) {
  const auto options = std::make_shared<Options>();
  Command command(words, about);
  command.keep(options)
      .files("FILE", options->files, "schema files, checked as one; - is standard input")
      .text("--verb", "MODULE.VERB", options->verb, verb_help)
      .flag("--strict", options->strict, "refuse what nothing carries out yet; else it is told")
      .action([&session, options, emit] { return emit_files(session, *options, emit); });
  return command;
}

}  // namespace

Command schema_jsonschema_command(Session& session) {
  Command command = command_of(
      session, "schema jsonschema", "Print the types of schema files as JSON Schema 2020-12.",
      "only what this verb takes and gives; else every type", &schema::json_schema);
  command.examples(
      "  millrace schema jsonschema echo.schema time.schema > types.json\n"
      "  millrace schema jsonschema *.schema --verb echo.echo > request.json\n"
      "  npx ajv-cli validate --spec=draft2020 -c ajv-formats -s request.json -d body.json\n");
  return command;
}

Command schema_openapi_command(Session& session) {
  Command command =
      command_of(session, "schema openapi", "Print the routes of schema files as OpenAPI 3.1.",
                 "only the route that leads to this verb; else every route", &schema::openapi);
  command.examples(
      "  millrace schema openapi *.schema > openapi.json\n"
      "  npx @redocly/cli lint openapi.json\n");
  return command;
}

}  // namespace millrace::cli
