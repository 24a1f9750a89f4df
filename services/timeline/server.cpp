#include "services/timeline/server.hpp"

#include <atomic>
#include <thread>

#include <grpcpp/impl/service_type.h>

#include "access/io/grpc_gate.hpp"
#include "schema/change_codec.hpp"
#include "services/timeline/changes.hpp"
#include "services/timeline/rpc.hpp"
#include "services/timeline/service.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::timeline {
namespace {

constexpr std::int64_t look_ms = 250;  // how long the pump sleeps without a commit

TimelineLimits limits_of(const Settings& s) {
  TimelineLimits out;
  out.ring = {static_cast<std::size_t>(s.events_max), static_cast<std::size_t>(s.bytes_max)};
  out.event_bytes_max = static_cast<std::size_t>(s.event_bytes_max);
  out.streams_max = static_cast<std::size_t>(s.streams_max);
  return out;
}

AuditOptions audit_options(const Settings& s) {
  AuditOptions out;
  out.limits = {static_cast<std::size_t>(s.audit_events_max),
                static_cast<std::size_t>(s.audit_bytes_max)};
  const std::string path = s.audit.empty() ? s.data + "/timeline/audit.db" : s.audit;
  out.open = [path] { return journal::open_audit_file(path, statekit::random_hex(16)); };
  out.note = [](const std::string& why) {
    if (why.empty())
      statekit::log_info("timeline.audit-on-disk");
    else
      statekit::log_error("timeline.audit-in-memory", {{"why", why}});
  };
  return out;
}

// Without a cache: what happened before this process is gone from its memory anyway.
statekit::FollowerOptions follower_options(const Settings& s) {
  statekit::FollowerOptions out;
  out.identity.kind = "timeline";
  out.identity.instance = s.instance.empty() ? statekit::random_base36(10) : s.instance;
  return out;
}

class TimelineServer final : public Server {
 public:
  TimelineServer(const Settings& settings, const Wiring& wiring)
      : settings_(settings),
        wiring_(wiring),
        service_(*wiring.clock, limits_of(settings), audit_options(settings)),
        follower_(follower_options(settings),
                  wiring.feed ? wiring.feed() : statekit::make_grpc_feed_transport(wiring.schema),
                  *wiring.clock),
        rpc_(make_rpc(service_, [this] { return follower_.position().has_value(); })) {}

  ~TimelineServer() override { stop(); }

  statekit::Status start() {
    statekit::GrpcServerOptions options;
    options.listen = settings_.listen;
    options.setting = "timeline.listen";
    options.doors = wiring_.doors;
    options.guard.connections_per_client_max = settings_.connections_per_client_max;
    options.guard.turned_away = statekit::count_turned_away(*wiring_.metrics, "timeline");
    if (statekit::Status guarded = guard_service(); !guarded) return guarded;
    grpc::Service* const service = guarded_ ? guarded_.get() : rpc_->service();
    auto server = statekit::GrpcServer::start(options, {service}, wiring_.health);
    if (!server) return fail(std::move(server.error()));
    server_ = std::move(*server);
    if (wiring_.health != nullptr)
      wiring_.health->watch("timeline feed", [this] { return readiness_of(follower_.status()); });
    watch_audit();
    // The timeline takes events whether or not it follows the schema service.
    follower_.start();
    pump_ = std::thread([this] { pump(); });
    statekit::log_info("timeline.started", {{"address", server_->address()}});
    return {};
  }

  std::string address() const override { return server_->address(); }
  statekit::Channel in_process() const override { return server_->in_process_channel(); }

  void stop() override {
    if (stopping_.exchange(true)) return;
    rpc_->end_streams();
    if (server_) server_->stop();
    follower_.stop();
    if (pump_.joinable()) pump_.join();
    service_.stop();
    if (wiring_.health == nullptr) return;
    wiring_.health->remove("timeline feed");
    wiring_.health->remove("timeline audit");
  }

 private:
  statekit::Status guard_service() {
    if (wiring_.trusted == nullptr || !wiring_.trusted->required) return {};
    gate_ = std::make_unique<access::Gate>(
        *wiring_.trusted, [this](const auto& use) { use(follower_.read()->book()); },
        *wiring_.clock);
    gate_->count_in(*wiring_.metrics, "timeline");
    rpc_->set_gate(*gate_);
    auto made = access::guard(*gate_, *rpc_->service(), "millrace.v2alpha1.TimelineService");
    if (!made) return fail(std::move(made.error()));
    guarded_ = std::move(*made);
    return {};
  }

  // That it is in memory only is told and is no reason not to be asked.
  void watch_audit() {
    if (wiring_.health == nullptr) return;
    wiring_.health->watch("timeline audit", [this]() -> statekit::Readiness {
      const std::string why = service_.audit_figures().memory_only;
      return {true, why.empty() ? "" : "kept in memory only: " + why};
    });
  }

  // Brings the changes that the feed tells of into the ring. What was so before the first state
  // that this process saw is no news.
  void pump() {
    const Gauges gauges(*wiring_.metrics);
    while (!stopping_ && !follower_.position()) {
      follower_.projection().wait_for(1, look_ms);
      gauges.show(service_);
    }
    statekit::Revision seen = first_seen();
    while (!stopping_) {
      follower_.projection().wait_for(seen + 1, look_ms);
      seen = take_changes(seen);
      gauges.show(service_);
    }
  }

  // The revision that the first state had before any commit of this process's time.
  statekit::Revision first_seen() const { return follower_.read()->restored_revision(); }

  statekit::Revision take_changes(statekit::Revision seen) {
    std::vector<TimelineEvent> events;
    statekit::Revision now = 0;
    {
      const auto state = follower_.read();
      now = state->revision();
      // A state further on that came whole, or of another incarnation, tells nothing of the way to
      // it.
      if (now > seen) events = state->events_after(seen);
    }
    if (!events.empty()) service_.publish(std::move(events));
    return now;
  }

  struct Gauges {
    statekit::Gauge events;
    statekit::Gauge bytes;
    statekit::Gauge last_id;
    statekit::Gauge dropped;
    statekit::Gauge streams;
    statekit::Gauge audit_done, audit_denied, audit_bytes;
    statekit::Gauge audit_done_gone, audit_denied_gone, audit_unwritten, audit_memory_only;
    explicit Gauges(statekit::Metrics& m)
        : events(m.gauge("millrace_timeline_kept_events", "Events that are kept.")),
          bytes(m.gauge("millrace_timeline_kept_bytes", "Bytes of the events that are kept.")),
          last_id(m.gauge("millrace_timeline_stored_events", "Events that ever came in.")),
          dropped(m.gauge("millrace_timeline_dropped_events", "Events that were not taken.")),
          streams(m.gauge("millrace_timeline_streams", "Readers that follow the timeline.")),
          audit_done(of_audit(m, "kept_events", "Events that are kept for the audit.", "done")),
          audit_denied(of_audit(m, "kept_events", "Events that are kept for the audit.", "denied")),
          audit_bytes(m.gauge("millrace_timeline_audit_kept_bytes", "Bytes of these events.")),
          audit_done_gone(
              of_audit(m, "gone_events", "Events of the audit that made room for newer.", "done")),
          audit_denied_gone(of_audit(m, "gone_events",
                                     "Events of the audit that made room for newer.", "denied")),
          audit_unwritten(m.gauge("millrace_timeline_audit_unwritten_events",
                                  "Events of the audit that are not on the disk.")),
          audit_memory_only(m.gauge("millrace_timeline_audit_memory_only",
                                    "1 while the audit's file cannot be used.")) {}
    static statekit::Gauge of_audit(statekit::Metrics& m, const std::string& name,
                                    const std::string& help, const std::string& outcome) {
      return m.gauge("millrace_timeline_audit_" + name, help, {{"outcome", outcome}});
    }
    void show(const TimelineService& service) const {
      events.set(static_cast<double>(service.size()));
      bytes.set(static_cast<double>(service.bytes()));
      last_id.set(static_cast<double>(service.newest_id()));
      dropped.set(static_cast<double>(service.dropped()));
      streams.set(static_cast<double>(service.watching()));
      const AuditFigures audit = service.audit_figures();
      audit_done.set(static_cast<double>(audit.done_events));
      audit_denied.set(static_cast<double>(audit.denied_events));
      audit_bytes.set(static_cast<double>(audit.bytes));
      audit_done_gone.set(static_cast<double>(audit.done_gone.events));
      audit_denied_gone.set(static_cast<double>(audit.denied_gone.events));
      audit_unwritten.set(static_cast<double>(audit.unwritten));
      audit_memory_only.set(audit.memory_only.empty() ? 0 : 1);
    }
  };

  const Settings settings_;
  const Wiring wiring_;
  TimelineService service_;
  statekit::Follower<ChangeState, schema::ChangeCodec> follower_;
  const std::unique_ptr<Rpc> rpc_;
  std::unique_ptr<access::Gate> gate_;  // null: nobody is asked
  std::unique_ptr<grpc::Service> guarded_;
  std::unique_ptr<statekit::GrpcServer> server_;
  std::atomic<bool> stopping_{false};
  std::thread pump_;
};

}  // namespace

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring) {
  auto server = std::make_unique<TimelineServer>(settings, wiring);
  if (statekit::Status started = server->start(); !started)
    return fail(within("starting the timeline", std::move(started.error())));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace millrace::timeline
