#include "services/schema/server.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <grpcpp/impl/codegen/service_type.h>

#include "access/io/grpc_gate.hpp"
#include "journal/open.hpp"
#include "journal/presence.hpp"
#include "journal/remember.hpp"
#include "services/schema/rpc.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/grpc_feed_server.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::schema_service {

using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

// Metrics outlive the server and go on being asked for.
struct Life {
  std::mutex mutex;
  bool on = true;
};

class GrpcSchemaServer final : public Server {
 public:
  GrpcSchemaServer(const Settings& settings, const Wiring& wiring,
                   std::unique_ptr<statekit::Journal> journal,
                   std::unique_ptr<statekit::Presence> presence)
      : settings_(settings),
        wiring_(wiring),
        service_(
            settings, std::move(journal), make_grpc_prober(wiring.doors.to_modules()),
            *wiring.clock,
            [](std::string_view event, std::string_view detail) {
              statekit::log_warn(event, {{"detail", detail}});
            },
            std::move(presence)),
        feed_(service_.hub(), *wiring.clock, &service_.past_states()),
        gate_(make_gate()),
        rpc_(make_rpc(service_, feed_, *wiring.clock, {.credentials = wiring.doors.credentials},
                      gate_.get())) {}
  ~GrpcSchemaServer() override { GrpcSchemaServer::stop(); }

  Status start() {
    wiring_.health->set("schema", false, "starting");
    if (Status started = service_.start(); !started) return started;
    watch_metrics();
    statekit::GrpcServerOptions options;
    options.listen = settings_.listen;
    options.setting = "schema.listen";
    options.doors = wiring_.doors;
    options.guard.connections_per_client_max = settings_.connections_per_client_max;
    options.guard.turned_away = statekit::count_turned_away(*wiring_.metrics, "schema");
    if (Status guarded = guard_services(); !guarded) return guarded;
    auto server = statekit::GrpcServer::start(options, {guarded_ ? guarded_.get() : rpc_.get()},
                                              wiring_.health);
    if (!server) return fail(std::move(server.error()));
    server_ = std::move(*server);
    service_.join(settings_.advertise.empty() ? server_->address() : settings_.advertise);
    // Only now: who is told that it is ready connects at once.
    wiring_.health->watch("schema", [this] {
      const Status able = service_.health();
      if (!able) return statekit::Readiness{false, able.error().message};
      std::string remarks;
      for (const std::string& each : service_.warnings())
        remarks += (remarks.empty() ? "" : ", ") + each;
      return statekit::Readiness{true, std::move(remarks)};
    });
    if (service_.position().revision == 0)
      statekit::log_warn("schema.store-is-empty",
                         {{"journal", journal_url(settings_)},
                          {"hint",
                           "nothing is deployed yet; if something was, stop and look for "
                           "the database that is missing"}});
    for (const std::string& each : service_.warnings())
      statekit::log_warn("schema.journal-warns", {{"detail", each}});
    statekit::log_info("schema.started", {{"listen", server_->address()},
                                          {"journal", journal_url(settings_)},
                                          {"revision", service_.position().revision}});
    return {};
  }

  std::string address() const override { return server_->address(); }
  statekit::Channel in_process() const override { return server_->in_process_channel(); }
  void book(const std::function<void(const access::Book&)>& use) const override {
    use(service_.read()->book());
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    {
      const std::lock_guard lock(life_->mutex);
      life_->on = false;
    }
    wiring_.health->remove("schema");
    service_.registrations().stop();
    service_.contexts().stop();
    feed_.stop();
    service_.stop_reads();  // who waits is told, and the transport has nothing left in hand
    if (server_) server_->stop();
    service_.stop();
    statekit::log_info("schema.stopped", {{"revision", service_.position().revision}});
  }

 private:
  std::unique_ptr<access::Gate> make_gate() {
    if (wiring_.trusted == nullptr || !wiring_.trusted->required) return nullptr;
    auto gate = std::make_unique<access::Gate>(
        *wiring_.trusted, [this](const auto& use) { book(use); }, *wiring_.clock);
    gate->count_in(*wiring_.metrics, "schema");
    return gate;
  }

  Status guard_services() {
    if (!gate_) return {};
    auto made = access::guard(*gate_, *rpc_, "millrace.v2alpha1.SchemaService");
    if (!made) return fail(std::move(made.error()));
    guarded_ = std::move(*made);
    return {};
  }

  void watch_metrics() {
    statekit::Metrics& metrics = *wiring_.metrics;
    const auto gauge = [&metrics](const char* name, const char* help) {
      return metrics.gauge(std::string("millrace_schema_") + name, help);
    };
    auto revision = gauge("revision_count", "the newest commit");
    auto refused = gauge("refused_count", "commands refused since the start");
    auto groups = gauge("groups_count", "durable writes since the start");
    auto rebuilds = gauge("rebuilds_count", "how often the state was rebuilt from the journal");
    auto followers = gauge("followers_count", "live followers of the feed");
    metrics.on_scrape([this, life = life_, revision, refused, groups, rebuilds, followers] {
      const std::lock_guard lock(life->mutex);
      if (!life->on) return;
      const statekit::MachineStats stats = service_.stats();
      revision.set(static_cast<double>(service_.position().revision));
      refused.set(static_cast<double>(stats.refused));
      groups.set(static_cast<double>(stats.groups));
      rebuilds.set(static_cast<double>(stats.rebuilds));
      const auto all = service_.hub().followers(service_.now());
      followers.set(static_cast<double>(
          std::count_if(all.begin(), all.end(), [](const auto& record) { return record.live; })));
    });
  }

  const Settings settings_;
  const Wiring wiring_;
  Service service_;
  statekit::GrpcFeed feed_;
  const std::unique_ptr<access::Gate> gate_;  // null: nobody is asked
  std::unique_ptr<grpc::Service> rpc_;
  std::unique_ptr<grpc::Service> guarded_;  // rpc_ behind the gate
  std::unique_ptr<statekit::GrpcServer> server_;
  const std::shared_ptr<Life> life_ = std::make_shared<Life>();
  bool stopped_ = false;
};

// Beside the service's data, whatever engine holds the commits.
Status remember_position(const Settings& settings, std::unique_ptr<statekit::Journal>& journal) {
  if (!journal::outlives_process(journal_url(settings))) return {};
  if (Status made = make_data_folder(settings); !made) {
    if (settings.journal.empty()) return made;
    statekit::log_warn("schema.no-data-folder",
                       {{"detail", made.error().message},
                        {"hint", "without it a journal that went back is not noticed at start"}});
    return {};
  }
  journal =
      journal::make_remembering_journal(std::move(journal), journal::position_file(settings.data));
  return {};
}

// Several processes may be on one journal, and hand commands on to each other.
}  // namespace

Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring) {
  auto journal = journal::open_journal(journal_url(settings));
  if (!journal) return fail(std::move(journal.error()));
  if (Status remembers = remember_position(settings, *journal); !remembers)
    return fail(std::move(remembers.error()));
  auto presence = journal::open_presence(journal_url(settings), *wiring.clock);
  if (!presence) return fail(std::move(presence.error()));
  if ((*presence)->shared())
    if (Status told = check_advertised(settings); !told) return fail(std::move(told.error()));
  auto server = std::make_unique<GrpcSchemaServer>(settings, wiring, std::move(*journal),
                                                   std::move(*presence));
  if (Status started = server->start(); !started) return fail(std::move(started.error()));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace millrace::schema_service
