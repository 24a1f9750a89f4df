// deploy: modules in and out as one changeset, and the wait until everybody has it.
#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/commands/changing.hpp"
#include "cli/deploy_order.hpp"
#include "cli/source.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  DeployFlags flags;
  std::string reason;
  bool strict = false;
  Waiting waiting;
};

constexpr ChangeWords deploy_words = {"a deploy", "  (deployed already)", "", "nothing to change",
                                      true};

int deploy(const Session& session, const Options& options) {
  if (options.files.empty() && options.flags.removed_modules.empty()) {
    return session.report({statekit::Code::invalid_argument,
                           "nothing to deploy: name schema files, or modules with --remove",
                           {}});
  }
  auto source = read_schema(options.files);
  if (!source) return session.report(source.error());
  if (!source->diagnostics.empty()) return report(session, source->diagnostics);
  if (source->schema.modules.empty() && !options.files.empty())
    return report(session, {{{options.files.front(), 1, 1},
                             "file",
                             "holds no module, so there is nothing to deploy"}});
  if (const int code = tell_warnings(session, source->schema, options.strict); code != done)
    return code;
  auto order = make_order(std::move(source->schema), options.flags);
  if (!order) return session.report(order.error());
  order->write = write_options(options.reason);
  const SchemaClient client(session.addresses.schema);
  return make_changeset(
      session, client, *order, [&] { return client.create_changeset(*order); }, options.waiting,
      deploy_words);
}

}  // namespace

Command deploy_command(Session& session) {
  const auto options = std::make_shared<Options>();
  DeployFlags& flags = options->flags;
  Command command("deploy", "Deploy and remove modules as one changeset.");
  command.keep(options)
      .files("FILE", options->files, "schema files; - is standard input")
      .optional_arguments()
      .list("--endpoint", "MODULE=URL", flags.endpoints,
            "a fixed address that serves the module, probed instead of registered")
      .list("--remove", "MODULE", flags.removed_modules, "take this module out")
      .text("--build", "ID", flags.build, "tells builds of one schema apart")
      .number("--replicas", flags.replicas, 1, 1000, "live endpoints wanted before it is prepared")
      .flag("--plan", flags.plan, "print what would change and whom that breaks; change nothing")
      .flag("--hold", flags.hold, "stop at prepared, until `changeset commit`")
      .number("--canary", flags.canary_percent, 0, 100,
              "share of traffic, in percent, while prepared")
      .flag("--allow-breaking", flags.allow_breaking,
            "list the deployed callers that break, and break those and no others")
      .flag("--strict", options->strict, "refuse what nothing carries out yet; else it is told")
      .flag("--redeploy", flags.redeploy, "deploy although this build was replaced by a newer one")
      .duration("--deadline", flags.deadline_ms, 86'400'000, "until prepared, else it rolls back")
      .duration("--drain-max", flags.drain_ms_max, 86'400'000,
                "for calls in flight to the old version")
      .text("--reason", "TEXT", options->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples(
          "  millrace deploy echo.schema --plan\n"
          "  millrace deploy echo.schema --endpoint echo=http://10.0.0.7:9000 --wait\n"
          "  millrace deploy new.schema --remove old --reason 'new replaces old'\n")
      .action([&session, options] { return deploy(session, *options); });
  add_waiting(command, options->waiting);
  return command;
}

}  // namespace millrace::cli
