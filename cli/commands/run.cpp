#include "cli/run/run.hpp"

#include "cli/commands.hpp"

namespace millrace::cli {

Command run_command(Session& session) {
  const auto options = std::make_shared<RunOptions>();
  Command command("run", "Deploy a module, start its program and keep it registered.");
  command.keep(options)
      .file("FILE", options->file, "the schema of one module")
      .after_dashes("COMMAND", options->command, "the program and its arguments")
      .number("--port", options->port, 0, 65535, "where the program listens; 0 is any free one")
      .text("--advertise", "HOST", options->advertise,
            "the name or address of this machine where others reach the program")
      .text("--build", "ID", options->build, "tells builds apart; made from the command without it")
      .number("--replicas", options->replicas, 1, 1000,
              "live endpoints wanted before it is prepared")
      .flag("--redeploy", options->redeploy,
            "deploy although this build was replaced by a newer one")
      .flag("--strict", options->strict, "refuse what nothing carries out yet; else it is told")
      .duration("--deadline", options->deadline_ms, 86'400'000,
                "until prepared, else it rolls back")
      .duration("--wait-for-deps", options->wait_for_deps_ms, 3'600'000,
                "for modules that it refers to")
      .duration("--drain", options->drain_ms, 3'600'000, "for calls in flight, at the end")
      .duration("--stop", options->stop_ms_max, 3'600'000, "from SIGTERM to SIGKILL, at the end")
      .uses_schema(session)
      .uses_routing(session)
      .uses_timeline(session)
      .examples(
          "  millrace run echo.schema -- ./echo\n"
          "  millrace run greeter.schema --port 7000 -- node greeter.js\n"
          "  millrace run greeter.schema --port 7000 --advertise greeter-1 -- node greeter.js\n"
          "\nThe program gets PORT, and MILLRACE_RUN_HOST, _SCHEMA, _ROUTING, _TIMELINE, _MODULE\n"
          "and _DEPLOYMENT. It is registered once it answers VerbService.Ping or grpc.health.v1.\n"
          "SIGTERM or Ctrl-C drains it; a second one ends it at once.\n")
      .action([&session, options] { return run(session, *options); });
  return command;
}

}  // namespace millrace::cli
