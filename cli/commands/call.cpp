// call: one verb, through routing, with a body that was checked against its type first.
#include <algorithm>
#include <ostream>

#include "cli/call_body.hpp"
#include "cli/client/routing_client.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/source.hpp"
#include "settings/nearest.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t body_bytes_max = 8 << 20;

struct Options {
  std::string verb;
  std::string body = "{}";
  std::string request_id;
  std::string min_revision;
  std::string changeset;
  bool unchecked = false;
  std::int64_t timeout_ms = 30'000;
};

statekit::Result<std::string> body_text(const std::string& word) {
  if (word == "-") return read_source("-", body_bytes_max);
  if (word.starts_with('@')) return read_source(word.substr(1), body_bytes_max);
  return word;
}

// The schema as the changeset would leave it: calls on its side are checked against that.
statekit::Status put_side(const SchemaClient& client, const std::string& key,
                          schema::Schema& schema) {
  using Phase = schema::ChangesetPhase;
  const auto report = client.changeset(key);
  if (!report) return statekit::fail(report.error());
  const schema::Changeset& changeset = report->changeset;
  if (changeset.phase != Phase::prepared) {
    return statekit::fail(statekit::Code::failed_precondition,
                          "changeset " + key + " is " + std::string(name_of(changeset.phase)) +
                              ": only a prepared one has a side to call");
  }
  std::vector<std::string> touched = changeset.removed_modules;
  std::vector<schema::Module> brought;
  for (const std::string& each : changeset.deployments) {
    const auto deployment = client.deployment(each);
    if (!deployment) return statekit::fail(deployment.error());
    for (const schema::Deployment& found : deployment->deployments) {
      touched.push_back(found.module());
      brought.push_back(*found.schema);
    }
  }
  std::erase_if(schema.modules, [&](const schema::Module& module) {
    return std::find(touched.begin(), touched.end(), module.name) != touched.end();
  });
  schema.modules.insert(schema.modules.end(), brought.begin(), brought.end());
  return {};
}

// As the verb wants it: checked and canonical, unless the user said otherwise.
statekit::Result<std::string> body_for(const Session& session, const schema::Ref& verb,
                                       const Options& options) {
  auto text = body_text(options.body);
  if (!text || options.unchecked) return text;
  const SchemaClient client(session.addresses.schema);
  auto schema = client.get_schema({});
  if (!schema) {
    statekit::Error error = schema.error();
    error.details.push_back("--unchecked sends the body without asking the schema service");
    return statekit::fail(error);
  }
  if (!options.changeset.empty()) {
    if (auto put = put_side(client, options.changeset, schema->schema); !put)
      return statekit::fail(put.error());
  }
  return canonical_body(schema->schema, verb, *text);
}

int print(const Session& session, const CallAnswer& answer) {
  if (session.json()) {
    *session.out << to_json(answer) << '\n';
  } else if (answer.failed) {
    *session.err << "error: " << printable(answer.code) << ": " << printable(answer.message)
                 << '\n';
    if (!answer.details.empty()) *session.err << "  " << printable(answer.details) << '\n';
  } else {
    *session.out << answer.body << '\n';
  }
  return answer.failed ? refused : done;
}

int call_verb(const Session& session, const Options& options) {
  const auto verb = schema::parse_ref(options.verb);
  if (!verb) {
    return session.report({statekit::Code::invalid_argument,
                           "\"" + options.verb +
                               "\" is no verb; write MODULE.VERB, such as "
                               "echo.echo",
                           {}});
  }
  const auto body = body_for(session, *verb, options);
  if (!body) return session.report(body.error());
  CallOrder order{*verb, *body, {}};
  const bool own_id = options.request_id.empty();
  order.metadata.emplace_back("millrace-request-id",
                              own_id ? statekit::random_request_id() : options.request_id);
  if (!options.min_revision.empty()) {
    order.metadata.emplace_back("millrace-min-revision", options.min_revision);
  }
  if (!options.changeset.empty()) order.metadata.emplace_back("millrace-side", options.changeset);
  const auto answer = call(session.addresses.routing, order, options.timeout_ms);
  if (!answer) return session.report(answer.error());
  return print(session, *answer);
}

}  // namespace

Command call_command(Session& session) {
  const auto options = std::make_shared<Options>();
  Command command("call", "Call a verb and print what it answers.");
  command.keep(options)
      .argument("MODULE.VERB", options->verb, "the verb")
      .argument("BODY", options->body, "JSON, @FILE, or - for standard input; {} without it", false)
      .duration("--timeout", options->timeout_ms, 3'600'000, "until it must have answered")
      .text("--request-id", "ID", options->request_id, "to find the call in the timeline")
      .text("--min-revision", "INCARNATION:REVISION", options->min_revision,
            "only by a router that has this revision")
      .text("--changeset", "KEY", options->changeset,
            "as it will be once this prepared changeset is committed")
      .flag("--unchecked", options->unchecked, "send the body as it is")
      .prints_data(session)
      .uses_schema(session)
      .uses_routing(session)
      .examples(
          "  millrace call echo.echo '{\"name\":\"Ada\"}'\n"
          "  millrace call echo.echo @request.json --output json\n"
          "\nExit code 1 also where the verb itself answers with an error.\n")
      .action([&session, options] { return call_verb(session, *options); });
  return command;
}

}  // namespace millrace::cli
