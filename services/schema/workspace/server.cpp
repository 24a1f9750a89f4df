#include "services/schema/workspace/server.hpp"

#include <algorithm>
#include <utility>

#include "access/io/http_gate.hpp"
#include "httpkit/server.hpp"
#include "journal/http_wire.hpp"
#include "services/schema/workers.hpp"
#include "services/schema/workspace/service.hpp"
#include "statekit/audit_line.hpp"
#include "statekit/io/audit.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::workspace {

using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::size_t threads = 4;
constexpr std::int64_t stop_ms = 2'000;
constexpr std::int64_t answer_ms_more = 5'000;  // beyond the longest write, for the bytes
constexpr std::int64_t read_ms_max = 120'000;   // for a large state to arrive over a slow line

KeeperLimits keeper_limits(const schema_service::Settings& settings) {
  KeeperLimits limits;
  limits.rules.versions_max = static_cast<std::size_t>(settings.state_versions_max);
  limits.rules.quota_bytes_max = static_cast<std::uint64_t>(settings.state_quota_bytes_max);
  limits.workspaces_max = static_cast<std::size_t>(settings.state_workspaces_max);
  limits.open_max = static_cast<std::size_t>(settings.state_open_max);
  limits.write_ms_max = settings.write_ms_max;
  return limits;
}

JournalLimits journal_limits(const schema_service::Settings& settings) {
  return {static_cast<std::size_t>(settings.state_open_max),
          static_cast<std::uint64_t>(settings.state_quota_bytes_max)};
}

ServiceOptions service_options(const schema_service::Settings& settings, access::Gate* gate) {
  ServiceOptions options;
  options.body_bytes_max = static_cast<std::size_t>(settings.state_body_bytes_max);
  options.loopback_only = tls::is_loopback(settings.http_listen);
  options.verified = gate != nullptr;
  if (gate != nullptr)
    options.admit = [gate](const httpkit::Request& request, const std::string& resource,
                           const std::string& workspace) -> Result<Guest> {
      access::Arrival arrival = access::arrival_of(request, resource);
      arrival.workspace = workspace;
      auto caller = gate->admit(arrival);
      if (!caller) return fail(std::move(caller.error()));
      std::string name = caller->name;
      return Guest{std::move(name), [caller = std::move(*caller)](const std::string& each) {
                     return caller.may_in_workspace(access::Permission::read, each);
                   }};
    };
  // In the timeline it is found by `millrace audit`.
  options.tell = [](const Forced& forced) {
    statekit::audit(statekit::state_forced, {{"who", forced.who},
                                             {"what", forced.what},
                                             {"from", forced.from},
                                             {statekit::principal_field, forced.who},
                                             {statekit::module_field, ""}});
  };
  return options;
}

class HttpServer final : public Server {
 public:
  HttpServer(const schema_service::Settings& settings, const schema_service::Wiring& wiring)
      : settings_(settings),
        doors_(wiring.doors),
        turned_away_(wiring.metrics == nullptr
                         ? statekit::TurnedAway()
                         : statekit::count_turned_away(*wiring.metrics, "states")),
        shelf_(make_shelf(journal_url(settings))),
        keeper_(*shelf_, *wiring.clock, keeper_limits(settings),
                [](std::string_view event, std::string_view detail) {
                  statekit::log_warn("state.machine", {{"event", event}, {"detail", detail}});
                }),
        gate_(make_gate(wiring)),
        service_(keeper_, service_options(settings, gate_.get())),
        workers_(threads, static_cast<std::size_t>(settings.state_waiting_max)),
        journals_(keeper_, *shelf_, journal_limits(settings)),
        polls_(std::make_shared<Polls>(workers_, shelf_->shared())),
        journal_service_(journals_, *polls_, settings.write_ms_max) {
    service_.add_journals(journal_service_);
  }
  ~HttpServer() override { HttpServer::stop(); }

  Status start() {
    httpkit::ServerOptions options;
    options.listen = settings_.http_listen;
    options.setting = "schema.http_listen";
    options.doors = doors_;
    options.limits.body_bytes_max = static_cast<std::size_t>(settings_.state_body_bytes_max);
    options.limits.read_ms_max = read_ms_max;
    options.before_body = [this](const httpkit::Request& head) {
      return service_.turned_back(head);
    };
    options.limits.connections_max = static_cast<std::size_t>(settings_.state_connections_max);
    options.limits.connections_per_client_max =
        static_cast<std::size_t>(settings_.state_connections_per_client_max);
    options.turned_away = turned_away_;
    options.limits.handle_ms_max =
        std::max(2 * settings_.write_ms_max, journal::http::wait_ms_max) + answer_ms_more;
    auto http = httpkit::serve(
        options, [this](httpkit::Request request, std::shared_ptr<httpkit::Reply> reply) {
          take(std::move(request), std::move(reply));
        });
    if (!http) return fail(std::move(http.error()));
    http_ = std::move(*http);
    if (!gate_ && !tls::is_loopback(settings_.http_listen))
      statekit::log_warn("state.open-to-others",
                         {{"listen", http_->address()},
                          {"hint",
                           "nobody is asked who they are: whoever reaches this port can "
                           "read and write every state"}});
    statekit::log_info("state.started", {{"listen", http_->address()}});
    return {};
  }

  std::string address() const override { return http_->address(); }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    polls_->stop();
    if (http_) http_->stop(stop_ms);
    workers_.stop();
  }

 private:
  static std::unique_ptr<access::Gate> make_gate(const schema_service::Wiring& wiring) {
    if (wiring.trusted == nullptr || !wiring.trusted->required) return nullptr;
    auto gate = std::make_unique<access::Gate>(*wiring.trusted, wiring.book, *wiring.clock);
    if (wiring.metrics != nullptr) gate->count_in(*wiring.metrics, "states");
    return gate;
  }

  // A handler must not block: storage is waited for on the workers.
  void take(httpkit::Request request, std::shared_ptr<httpkit::Reply> reply) {
    auto held = std::make_shared<httpkit::Request>(std::move(request));
    workers_.run([this, held, reply](const Status& able) {
      if (able) return service_.serve(*held, reply);
      auto busy = httpkit::problem(
          503, "too many requests are waiting (schema.state.waiting_max): try again later");
      busy.headers.push_back({"retry-after", "1"});
      reply->send(std::move(busy));
    });
  }

  const schema_service::Settings settings_;
  const tls::Doors doors_;
  const statekit::TurnedAway turned_away_;
  const std::unique_ptr<Shelf> shelf_;
  Keeper keeper_;
  const std::unique_ptr<access::Gate> gate_;  // null: nobody is asked
  Service service_;
  schema_service::Workers workers_;
  Journals journals_;
  const std::shared_ptr<Polls> polls_;
  JournalService journal_service_;
  std::unique_ptr<httpkit::Server> http_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> start(const schema_service::Settings& settings,
                                      const schema_service::Wiring& wiring) {
  if (wiring.trusted != nullptr && wiring.trusted->required && !wiring.book)
    return fail(statekit::Code::internal, "nobody says who may read and write states");
  auto server = std::make_unique<HttpServer>(settings, wiring);
  if (Status started = server->start(); !started) return fail(std::move(started.error()));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace millrace::workspace
