// rollback: what was canonical at an earlier revision becomes so again.
#include <ostream>

#include "cli/author.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/commands.hpp"
#include "cli/commands/waiting.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string revision;
  RollbackOrder order;
  std::int64_t canary_percent = 0;
  std::string reason;
  Waiting waiting;
};

void print_answer(const Session& session, const DeployAnswer& answer, const std::string& phase) {
  if (session.json()) {
    *session.out << to_json(answer, phase) << '\n';
    return;
  }
  for (const auto& each : answer.deployments) {
    *session.out << printable(each.module) << "  " << printable(each.deployment)
                 << (each.joined ? "  (comes back)" : "  (deployed anew)") << '\n';
  }
  if (answer.changeset.empty()) {
    *session.out << "nothing to change: it is as it was\n";
  } else {
    *session.out << "changeset " << printable(answer.changeset) << ' ' << phase << " at revision "
                 << answer.position.revision << '\n';
  }
}

bool read_revision(const std::string& word, statekit::Revision& revision) {
  const bool digits = !word.empty() && word.size() <= 18 &&
                      word.find_first_not_of("0123456789") == std::string::npos;
  if (digits) revision = std::stoull(word);
  return digits && revision > 0;
}

int rollback(const Session& session, Options& options) {
  RollbackOrder& order = options.order;
  if (!read_revision(options.revision, order.revision)) {
    return session.report({statekit::Code::invalid_argument,
                           "\"" + options.revision +
                               "\" is no revision: `millrace schema history` shows them; a "
                               "changeset that is not committed yet ends with `millrace "
                               "changeset rollback KEY`",
                           {}});
  }
  order.canary_percent = static_cast<std::uint32_t>(options.canary_percent);
  order.write = write_options(options.reason);
  const SchemaClient client(session.addresses.schema);
  const auto answer = client.rollback_to(order);
  if (!answer) return session.report(answer.error());
  std::string phase = "created";
  int exit_code = done;
  if (options.waiting.wait && !answer->changeset.empty()) {
    const Goal goal{options.waiting, order.hold || order.canary_percent > 0};
    exit_code = wait_until_done(session, client, answer->changeset, goal, phase);
  }
  print_answer(session, *answer, phase);
  return exit_code;
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
      .flag("--hold", order.hold, "stop at prepared, until `changeset commit`")
      .number("--canary", options->canary_percent, 0, 100,
              "share of traffic, in percent, until `changeset commit`")
      .flag("--allow-breaking", order.allow_breaking, "although deployed callers break")
      .duration("--deadline", order.deadline_ms, 86'400'000, "until prepared, else it gives up")
      .duration("--drain-max", order.drain_ms_max, 86'400'000,
                "for calls in flight to what is replaced")
      .text("--reason", "TEXT", options->reason, "why, for the history")
      .prints_data(session)
      .uses_schema(session)
      .examples(
          "  millrace rollback 12 --reason 'release 7 loses orders' --wait\n"
          "\nDeployments that still run come back at once. For others it says what to start.\n"
          "Values of config and secrets stay as they are.\n")
      .action([&session, options] { return rollback(session, *options); });
  add_waiting(command, options->waiting);
  return command;
}

}  // namespace millrace::cli
