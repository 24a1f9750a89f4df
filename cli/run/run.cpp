#include "cli/run/run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "cli/author.hpp"
#include "cli/client/connect.hpp"
#include "cli/client/replicas.hpp"
#include "cli/client/routing_client.hpp"
#include "cli/deploy_order.hpp"
#include "cli/run/build_id.hpp"
#include "cli/run/child.hpp"
#include "cli/run/config_environment.hpp"
#include "cli/run/deploy.hpp"
#include "cli/run/keeper.hpp"
#include "cli/run/port.hpp"
#include "cli/run/signals.hpp"
#include "cli/source.hpp"
#include "seal/clear_text.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/timeline_log.hpp"

namespace millrace::cli {
namespace {

using statekit::Code;
using statekit::Result;
using statekit::Status;

constexpr std::int64_t turn_ms = 100;
constexpr std::int64_t probe_ms_max = 500;
constexpr std::int64_t look_every_ms = 1'000;  // at the deployment, until it is canonical
constexpr std::int64_t look_ms_max = 2'000;    // for one look: the lease is not renewed meanwhile
constexpr std::int64_t leave_ms_max = 2'500;   // all of it, until routers know
constexpr std::int64_t status_ms_max = 1'000;  // of it, for one look at them
constexpr std::int64_t roll_back_ms_max = 2'000;
constexpr std::int64_t flush_ms_max = 500;  // for lines that wait for the timeline, at the end

std::int64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class Runner {
 public:
  Runner(const Session& session, const RunOptions& options)
      : session_(session),
        options_(options),
        client_(session.addresses.schema, 5'000),
        publisher_(statekit::to_timeline(connect(session.addresses.timeline))) {}
  // The last lines of a program often say why it ended.
  ~Runner() {
    child_.reset();
    publisher_.stop(flush_ms_max);
  }

  int run() {
    const char* path = std::getenv("PATH");
    path_ = path ? path : "/bin:/usr/bin";  // where execvp looks without one
    if (const Status can = can_start(options_.command[0], path_); !can) {
      return session_.report(can.error());
    }
    if (const auto exit_code = deploy()) return *exit_code;
    if (const auto exit_code = start()) return *exit_code;
    return supervise();
  }

 private:
  void say(const std::string& what) const {
    *session_.err << prefix_ << printable(what) << std::endl;
  }

  // What the program prints is for the timeline too. How grave a line is, it does not say.
  void tell_timeline(std::string_view line, bool is_error) {
    statekit::LogEvent event;
    event.level = statekit::LineLevel::info;
    event.source = module_;
    event.deployment = deployment_;
    event.message = line;
    event.fields["stream"] = is_error ? "stderr" : "stdout";
    timeline_.add(std::move(event));
  }

  // Nothing: go on. Else the exit code.
  std::optional<int> deploy() {
    if (options_.advertise.find_first_of(":/ ") != std::string::npos) {
      return session_.report({Code::invalid_argument,
                              "--advertise takes a host, without a port: --port P has it",
                              {}});
    }
    auto source = read_schema({options_.file});
    if (!source) return session_.report(source.error());
    if (!source->diagnostics.empty()) return report(session_, source->diagnostics);
    if (const int code = tell_warnings(session_, source->schema, options_.strict); code != done)
      return code;
    if (source->schema.modules.size() != 1) {
      return session_.report({Code::invalid_argument,
                              options_.file + ": holds " +
                                  std::to_string(source->schema.modules.size()) +
                                  " modules; run takes a file with one",
                              {}});
    }
    module_ = source->schema.modules[0].name;
    prefix_ = module_ + " | millrace: ";
    DeployFlags flags;
    flags.build = options_.build.empty() ? build_id(options_.command, path_) : options_.build;
    flags.replicas = options_.replicas;
    flags.redeploy = options_.redeploy;
    flags.deadline_ms = options_.deadline_ms;
    auto order = make_order(std::move(source->schema), flags);
    if (!order) return session_.report(order.error());
    order->write = write_options("millrace run");
    const auto answer = deploy_patiently(client_, *order, options_.wait_for_deps_ms, signals_,
                                         [this](const std::string& what) { say(what); });
    if (!answer)
      return answer.error().code == Code::cancelled ? done : session_.report(answer.error());
    if (answer->deployments.empty()) {
      return session_.report({Code::internal, "the schema service named no deployment", {}});
    }
    deployment_ = answer->deployments[0].deployment;
    const bool joined = answer->deployments[0].joined;
    if (!joined) changeset_ = answer->changeset;
    say((joined ? "joins " : "deployed as ") + deployment_);
    return std::nullopt;
  }

  // What the deployment is given of config at first, for the program's environment.
  Result<std::map<std::string, std::string>> config() const {
    const auto context = client_.first_config(deployment_);
    // A service of an earlier version gives none.
    if (!context && context.error().code == Code::unimplemented) return {};
    if (!context) return statekit::fail(statekit::within("reading config", context.error()));
    ConfigEnvironment environment = config_environment(module_, context->configs);
    for (const std::string& remark : environment.remarks) say(remark);
    return std::move(environment.variables);
  }

  std::optional<int> start() {
    const auto port = free_port(static_cast<int>(options_.port));
    if (!port) {
      give_up(port.error().message);
      return session_.report(port.error());
    }
    const bool alone = options_.advertise.empty();
    local_ = "127.0.0.1:" + std::to_string(*port);
    address_ = alone ? local_ : options_.advertise + ":" + std::to_string(*port);
    auto environment = config();
    if (!environment) {
      give_up(environment.error().message);
      return session_.report(environment.error());
    }
    const Addresses& at = session_.addresses;
    environment->merge(std::map<std::string, std::string>{
        {"PORT", std::to_string(*port)},
        {"MILLRACE_RUN_HOST", alone ? "127.0.0.1" : "0.0.0.0"},
        {"MILLRACE_RUN_SCHEMA", at.schema},
        {"MILLRACE_RUN_ROUTING", replicas_of(at.routing).front()},
        {"MILLRACE_RUN_TIMELINE", at.timeline},
        {"MILLRACE_RUN_MODULE", module_},
        {"MILLRACE_RUN_DEPLOYMENT", deployment_}});
    // The program is who it is deployed by, unless it is given something else to show.
    if (!session_.token_file.empty())
      environment->insert_or_assign("MILLRACE_TOKEN_FILE",
                                    std::filesystem::absolute(session_.token_file).string());
    for (const auto& [name, file] : {std::pair{"MILLRACE_RUN_CA", &at.tls.ca},
                                     std::pair{"MILLRACE_RUN_CERTIFICATE", &at.tls.certificate},
                                     std::pair{"MILLRACE_RUN_KEY", &at.tls.key}})
      if (!file->empty()) environment->emplace(name, *file);
    if (at.insecure) environment->emplace("MILLRACE_RUN_INSECURE", "true");
    auto child = Child::start(
        {options_.command, *std::move(environment), module_ + " | ",
         [this](std::string_view line, bool is_error) { tell_timeline(line, is_error); },
         core_limit_});
    if (!child) {
      session_.report(child.error());
      give_up(child.error().message);
      return refused;
    }
    child_ = std::move(*child);
    say("started " + options_.command[0] + " as process " + std::to_string(child_->pid()) +
        " with PORT=" + std::to_string(*port));
    return std::nullopt;
  }

  int supervise() {
    while (true) {
      if (signals_.wait(turn_ms) != 0) return drain();
      if (const auto how = child_->ended()) {
        say("the program ended: " + *how);
        leave(now_ms() + leave_ms_max);  // else calls are sent to it until its lease has ended
        give_up("its program ended: " + *how);
        return refused;
      }
      if (const Status status = turn(); !status) {
        say("stopping the program: " + status.error().message);
        give_up(status.error().message);
        stop_child();
        return refused;
      }
    }
  }

  // One turn while the program runs. An error: it has to stop.
  Status turn() {
    const bool here = keeper_ || answers(address_, probe_ms_max);
    if (!here) hint();
    if (!keeper_ && here) {
      keeper_ = std::make_unique<Keeper>(
          session_.addresses.schema,
          EndpointOffer{deployment_, address_, "run-" + statekit::random_base36(10)},
          [this](const std::string& what) { say(what); });
    }
    if (!live_ && now_ms() - looked_ms_ >= look_every_ms) {
      looked_ms_ = now_ms();
      if (auto status = look(); !status) return status;
    }
    return keeper_ ? keeper_->turn(now_ms()) : Status();
  }

  // Others are to reach it, and it listens for this machine alone: said once.
  void hint() {
    if (hinted_ || address_ == local_ || !answers(local_, probe_ms_max)) return;
    hinted_ = true;
    say("the program answers at " + local_ + " but not at " + address_ +
        ": it has to listen on the host in MILLRACE_RUN_HOST, and the name has to lead here");
  }

  // How the deployment fares: canonical, or failed with its changeset.
  Status look() {
    const auto report = client_.deployment(deployment_, look_ms_max);
    if (!report) {
      const bool gone = report.error().code == Code::not_found;
      return gone ? Status(statekit::fail(report.error())) : Status();
    }
    const auto phase = report->deployments.front().phase;
    live_ = phase == schema::DeploymentPhase::canonical;
    if (live_) say("is live");
    if (phase != schema::DeploymentPhase::failed) return {};
    const auto changeset = client_.changeset(report->deployments.front().changeset, look_ms_max);
    const std::string why = changeset ? changeset->changeset.failure : "its changeset failed";
    return statekit::fail(Code::failed_precondition, deployment_ + ": " + why);
  }

  // First nobody sends new calls, then those in flight end, then the program.
  int drain() {
    say("draining");
    const std::int64_t end = now_ms() + leave_ms_max;
    bool hurry = leave(end);
    give_up("stopped by a signal before it was live");
    if (keeper_) hurry = hurry || wait_for_routing(end) || signals_.wait(options_.drain_ms) != 0;
    if (!hurry) stop_child();
    say("stopped");
    return done;  // a second signal: the destructor kills it
  }

  // Takes the endpoint out, as far as the schema service answers. True: a signal came.
  bool leave(std::int64_t end_ms) {
    while (keeper_ && !keeper_->leave(now_ms()) && now_ms() < end_ms) {
      if (signals_.wait(turn_ms / 4) != 0) return true;
    }
    return false;
  }

  // A changeset that this run made and that is not live is waited for by nobody: left alone, it
  // would hold the module until its deadline and refuse the corrected command.
  void give_up(const std::string& why) {
    if (live_ || changeset_.empty()) return;
    const SchemaClient client(session_.addresses.schema, roll_back_ms_max);
    const auto answer = client.rollback(changeset_, write_options(why));
    if (answer) return say("rolled back " + changeset_);
    const Code code = answer.error().code;  // committed meanwhile, failed already, or forgotten
    if (code == Code::failed_precondition || code == Code::not_found) return;
    say("cannot roll back " + changeset_ + ": " + answer.error().message);
  }

  // Until every live router knows that the endpoint left. Over the connection that there is: to
  // make one, a name may have to be looked up, which takes seconds where containers come and go.
  // True: a signal came.
  bool wait_for_routing(std::int64_t end_ms) {
    statekit::Revision wanted = keeper_->left_at();
    while (now_ms() < end_ms) {
      const auto report = client_.status(std::min(status_ms_max, end_ms - now_ms() + 1));
      if (!report) return false;
      if (wanted == 0) wanted = report->head.revision;  // as it was after leaving
      bool all = true;
      for (const FollowerReport& each : report->followers) {
        if (each.kind == "routing" && each.live && each.revision < wanted) all = false;
      }
      if (all) return false;
      if (signals_.wait(turn_ms / 4) != 0) return true;
    }
    return false;
  }

  void stop_child() {
    child_->signal(SIGTERM);
    const std::int64_t begun = now_ms();
    while (!child_->ended() && now_ms() - begun < options_.stop_ms_max) {
      if (signals_.wait(turn_ms / 4) != 0) break;
    }
    if (!child_->ended()) say("the program did not end in time and is killed");
  }

  const Session& session_;
  const RunOptions& options_;
  // An earlier service sends secrets too; those of the program are its own affair.
  const rlimit core_limit_ = seal::write_no_core_dumps_but_in_children();
  const Signals signals_;  // before any thread
  const SchemaClient client_;
  const statekit::SystemClock clock_;
  statekit::TimelinePublisher publisher_;
  statekit::TimelineLog timeline_{publisher_, clock_};
  std::string path_;  // where programs are looked for
  std::string module_, deployment_;
  std::string address_, local_;  // of the program: as others reach it, and from here
  std::string changeset_;        // empty where another run made it
  std::string prefix_ = "millrace: ";
  std::unique_ptr<Child> child_;
  std::unique_ptr<Keeper> keeper_;
  std::int64_t looked_ms_ = 0;
  bool live_ = false;
  bool hinted_ = false;
};

}  // namespace

int run(const Session& session, const RunOptions& options) {
  return Runner(session, options).run();
}

}  // namespace millrace::cli
