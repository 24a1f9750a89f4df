// rollback: what was canonical at an earlier revision becomes so again.
#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/commands/changing.hpp"
#include "cli/revision.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string revision;
  RollbackOrder order;
  std::int64_t canary_percent = 0;
  std::string reason;
  Waiting waiting;
};

constexpr ChangeWords rollback_words = {"a rollback", "  (comes back)", "  (deployed anew)",
                                        "nothing to change: it is as it was"};

int rollback(const Session& session, Options& options) {
  RollbackOrder& order = options.order;
  const auto revision = read_revision(options.revision);
  if (!revision) {
    statekit::Error error = revision.error();
    if (options.revision.starts_with("chs-"))
      error.message +=
          "; a changeset that is not committed yet ends with `millrace changeset "
          "rollback " +
          options.revision + "`";
    return session.report(error);
  }
  order.revision = *revision;
  order.canary_percent = static_cast<std::uint32_t>(options.canary_percent);
  order.write = write_options(options.reason);
  const SchemaClient client(session.addresses.schema);
  return make_changeset(
      session, client, order, [&] { return client.rollback_to(order); }, options.waiting,
      rollback_words);
}

}  // namespace

Command rollback_command(Session& session) {
  const auto options = std::make_shared<Options>();
  RollbackOrder& order = options->order;
  order.deadline_ms = 60'000;
  order.drain_ms_max = 30'000;
  Command command("rollback", "Make canonical again what was so at an earlier revision.");
  command.keep(options)
      .argument("REV", options->revision, "the revision, as `schema history` shows it")
      .flag("--plan", order.plan, "print what would change and whom that breaks; change nothing")
      .flag("--hold", order.hold, "stop at prepared, until `changeset commit`")
      .number("--canary", options->canary_percent, 0, 100,
              "share of traffic, in percent, until `changeset commit`")
      .flag("--allow-breaking", order.allow_breaking,
            "list the deployed callers that break, and break those and no others")
      .duration("--deadline", order.deadline_ms, 86'400'000, "until prepared, else it gives up")
      .duration("--drain-max", order.drain_ms_max, 86'400'000,
                "for calls in flight to what is replaced")
      .text("--reason", "TEXT", options->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples(
          "  millrace rollback 12 --plan\n"
          "  millrace rollback 12 --reason 'release 7 loses orders' --wait\n"
          "\nDeployments that still run come back at once. For others it says what to start.\n"
          "Values of config and secrets stay as they are.\n")
      .action([&session, options] { return rollback(session, *options); });
  add_waiting(command, options->waiting);
  return command;
}

}  // namespace millrace::cli
