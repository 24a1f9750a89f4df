#include "services/routing/server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include <grpcpp/impl/service_type.h>

#include "access/io/grpc_gate.hpp"
#include "schema/change_codec.hpp"
#include "services/routing/call_metrics.hpp"
#include "services/routing/grpc_transport.hpp"
#include "services/routing/rpc.hpp"
#include "services/routing/service.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/timeline_publisher.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::routing {
namespace {

constexpr auto tidy_interval = std::chrono::milliseconds(500);
// How soon the end of the last call to what drains is told.
constexpr auto draining_interval = std::chrono::milliseconds(20);
constexpr std::int64_t flush_ms_max = 1'000;  // for events that wait for the timeline, at the end

std::uint64_t random_number() {
  thread_local std::mt19937_64 engine(std::random_device{}());
  return engine();
}

CallLimits limits_of(const Settings& s) {
  CallLimits out;
  out.calls_max = static_cast<std::size_t>(s.calls_max);
  out.waiting_max = static_cast<std::size_t>(s.waiting_max);
  out.attempts_max = static_cast<std::size_t>(s.attempts_max);
  out.deadline_ms_default = s.deadline_default_ms;
  out.deadline_ms_max = s.deadline_max_ms;
  out.ejection = {static_cast<std::uint32_t>(s.eject_failures), s.eject_min_ms, s.eject_max_ms};
  return out;
}

statekit::FollowerOptions follower_options(const Settings& s,
                                           std::function<statekit::DrainingCalls()> draining) {
  statekit::FollowerOptions out;
  out.draining = std::move(draining);
  out.identity.kind = "routing";
  out.identity.instance = s.instance.empty() ? statekit::random_base36(10) : s.instance;
  out.cache_path = s.cache.empty() ? s.data + "/routing/feed.cache" : s.cache;
  return out;
}

std::unique_ptr<statekit::FeedTransport> feed_of(const Wiring& wiring) {
  return wiring.feed ? wiring.feed() : statekit::make_grpc_feed_transport(wiring.schema);
}

class RoutingServer final : public Server {
 public:
  RoutingServer(const Settings& settings, const Wiring& wiring)
      : settings_(settings),
        wiring_(wiring),
        follower_(follower_options(settings, [this] { return draining(); }), feed_of(wiring),
                  *wiring.clock),
        transport_(make_grpc_transport(static_cast<int>(settings.message_bytes_max),
                                       wiring.doors.to_modules())),
        metrics_(*wiring.metrics),
        publisher_(make_publisher()),
        service_(parts(), limits_of(settings)),
        rpc_(make_rpc(service_)) {}

  ~RoutingServer() override { stop(); }

  statekit::Status start() {
    statekit::GrpcServerOptions options;
    options.listen = settings_.listen;
    options.setting = "routing.listen";
    options.doors = wiring_.doors;
    options.guard.connections_per_client_max = settings_.connections_per_client_max;
    options.guard.turned_away = statekit::count_turned_away(*wiring_.metrics, "routing");
    options.message_bytes_max = static_cast<int>(settings_.message_bytes_max);
    if (statekit::Status guarded = guard_service(); !guarded) return guarded;
    auto server = statekit::GrpcServer::start(options, {guarded_ ? guarded_.get() : rpc_.get()},
                                              wiring_.health);
    if (!server) return fail(std::move(server.error()));
    server_ = std::move(*server);
    show();
    follower_.start();
    tidy_thread_ = std::thread([this] { tidy_now_and_then(); });
    statekit::log_info("routing.started", {{"address", server_->address()}});
    return {};
  }

  std::string address() const override { return server_->address(); }
  statekit::Channel in_process() const override { return server_->in_process_channel(); }

  // The calls end first, since all else serves them.
  void stop() override {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    wake_.notify_all();
    if (tidy_thread_.joinable()) tidy_thread_.join();
    service_.stop();  // who waits for a revision need not wait for the end
    if (server_) server_->stop();
    follower_.stop();
    if (publisher_) publisher_->stop(flush_ms_max);
    if (wiring_.health != nullptr) wiring_.health->remove("routing feed");
  }

 private:
  using Follower = statekit::Follower<RouteState, schema::ChangeCodec>;

  statekit::Status guard_service() {
    if (wiring_.trusted == nullptr || !wiring_.trusted->required) return {};
    gate_ = std::make_unique<access::Gate>(
        *wiring_.trusted, [this](const auto& use) { use(follower_.read()->book()); },
        *wiring_.clock);
    gate_->count_in(*wiring_.metrics, "routing");
    auto made = access::guard(*gate_, *rpc_, "millrace.v2alpha1.RoutingService");
    if (!made) return fail(std::move(made.error()));
    guarded_ = std::move(*made);
    return {};
  }

  std::unique_ptr<statekit::TimelinePublisher> make_publisher() {
    if (!wiring_.timeline) return nullptr;
    statekit::PublisherLimits limits;
    limits.events_max = static_cast<std::size_t>(settings_.timeline_events_max);
    return std::make_unique<statekit::TimelinePublisher>(statekit::to_timeline(wiring_.timeline),
                                                         limits);
  }

  CallService::Parts parts() {
    CallService::Parts out;
    out.projection = &follower_.projection();
    out.position = [this] { return follower_.position(); };
    out.transport = transport_.get();
    out.clock = wiring_.clock;
    out.denied = [this](const Arrival& arrival, const std::string& verb, const std::string& why) {
      const std::string module = verb.substr(0, verb.find('.'));
      if (gate_) gate_->refuse(*arrival.caller, "call " + verb, arrival.from, why, {module});
    };
    out.metrics = &metrics_;
    if (publisher_)
      out.publish = [this](statekit::TimelineEvent event) {
        publisher_->publish(std::move(event));
      };
    out.random = random_number;
    out.request_id = statekit::random_request_id;
    return out;
  }

  // How the service is, for /readyz and /metrics.
  void show() {
    if (wiring_.health != nullptr)
      wiring_.health->watch("routing feed", [this] { return readiness_of(follower_.status()); });
  }

  // On the follower's thread, with each acknowledgement: no lock of ours may be taken.
  statekit::DrainingCalls draining() {
    statekit::DrainingCalls calls = service_.draining();
    if (!calls.empty() && !draining_.exchange(true)) wake_.notify_all();
    return calls;
  }

  // True while something drains. Tells the schema service when that is over.
  bool follow_draining() {
    if (!draining_) return false;
    if (!service_.draining().empty()) return true;
    draining_ = false;
    follower_.acknowledge();
    return draining_;
  }

  void tidy_now_and_then() {
    const statekit::Labels none;
    statekit::Metrics& m = *wiring_.metrics;
    const auto in_flight = m.gauge("millrace_routing_calls_in_flight", "Calls in flight.", none);
    const auto waiting =
        m.gauge("millrace_routing_calls_waiting", "Calls that wait for a revision.", none);
    const auto connections =
        m.gauge("millrace_routing_endpoint_connections", "Endpoints with a connection.", none);
    const auto ejected =
        m.gauge("millrace_routing_endpoints_ejected", "Endpoints left out for failing.", none);
    const auto revision =
        m.gauge("millrace_routing_feed_revision", "The revision that calls are routed by.", none);
    const auto age = m.gauge("millrace_routing_feed_age_seconds",
                             "Since the feed was last heard; 0 while it is live.", none);
    const auto dropped = m.gauge("millrace_routing_timeline_dropped_events",
                                 "Events that the timeline's queue had no room for.", none);
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      service_.tidy();
      in_flight.set(static_cast<double>(service_.in_flight()));
      waiting.set(static_cast<double>(service_.waiters().waiting()));
      connections.set(static_cast<double>(service_.pool().size()));
      ejected.set(static_cast<double>(service_.pool().ejected(wiring_.clock->mono_ms())));
      const statekit::FollowerStatus status = follower_.status();
      revision.set(static_cast<double>(follower_.projection().revision()));
      age.set(static_cast<double>(status.age_ms) / 1000);
      if (publisher_) dropped.set(static_cast<double>(publisher_->dropped()));
      const bool draining = follow_draining();
      const auto noticed = [&] { return stopping_ || draining_ != draining; };
      wake_.wait_for(lock, draining ? draining_interval : tidy_interval, noticed);
    }
  }

  const Settings settings_;
  const Wiring wiring_;
  Follower follower_;
  const std::unique_ptr<Transport> transport_;
  CallMetrics metrics_;
  const std::unique_ptr<statekit::TimelinePublisher> publisher_;
  CallService service_;
  const std::unique_ptr<grpc::Service> rpc_;
  std::unique_ptr<access::Gate> gate_;  // null: nobody is asked
  std::unique_ptr<grpc::Service> guarded_;
  std::unique_ptr<statekit::GrpcServer> server_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::atomic<bool> draining_ = false;
  std::thread tidy_thread_;
};

}  // namespace

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring) {
  auto server = std::make_unique<RoutingServer>(settings, wiring);
  if (statekit::Status started = server->start(); !started)
    return fail(within("starting routing", std::move(started.error())));
  return server;
}

}  // namespace millrace::routing
