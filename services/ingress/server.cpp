#include "services/ingress/server.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "httpkit/server.hpp"
#include "schema/change_codec.hpp"
#include "services/ingress/caller.hpp"
#include "services/ingress/exchange.hpp"
#include "services/ingress/service.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/timeline_publisher.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::ingress {
namespace {

using statekit::Code;
using statekit::fail;

constexpr std::int64_t flush_ms_max = 1'000;   // for events that wait for the timeline, at the end
constexpr std::int64_t own_answer_ms = 1'000;  // so that ingress' own 504 comes before httpkit's

httpkit::Limits limits_of(const Settings& s) {
  httpkit::Limits out;
  out.header_bytes_max = static_cast<std::size_t>(s.header_bytes_max);
  out.body_bytes_max = static_cast<std::size_t>(s.body_bytes_max);
  out.idle_ms_max = s.idle_timeout_ms;
  out.read_ms_max = s.read_timeout_ms;
  out.handle_ms_max = s.timeout_ms + own_answer_ms;
  out.write_ms_max = s.write_timeout_ms;
  out.connections_max = static_cast<std::size_t>(s.connections_max);
  out.connections_per_client_max = static_cast<std::size_t>(s.connections_per_client_max);
  out.pipelined_max = static_cast<std::size_t>(s.pipelined_max);
  return out;
}

statekit::FollowerOptions follower_options(const Settings& s) {
  statekit::FollowerOptions out;
  out.identity.kind = "ingress";
  out.identity.instance = s.instance.empty() ? statekit::random_base36(10) : s.instance;
  out.cache_path = s.cache.empty() ? s.data + "/ingress/feed.cache" : s.cache;
  return out;
}

std::unique_ptr<statekit::FeedTransport> feed_of(const Wiring& wiring) {
  return wiring.feed ? wiring.feed() : statekit::make_grpc_feed_transport(wiring.schema);
}

std::unique_ptr<statekit::TimelinePublisher> publisher_of(const Settings& s, const Wiring& wiring) {
  if (!wiring.timeline) return nullptr;
  statekit::PublisherLimits limits;
  limits.events_max = static_cast<std::size_t>(s.timeline_events_max);
  return std::make_unique<statekit::TimelinePublisher>(statekit::to_timeline(wiring.timeline),
                                                       limits);
}

class IngressServer final : public Server {
 public:
  IngressServer(const Settings& settings, const Wiring& wiring)
      : settings_(settings),
        wiring_(wiring),
        follower_(follower_options(settings), feed_of(wiring), *wiring.clock),
        waiters_(follower_.projection(), static_cast<std::size_t>(settings.waiting_max)),
        service_(settings.cors),
        caller_(make_grpc_caller(wiring.routing)),
        publisher_(publisher_of(settings, wiring)),
        metrics_(*wiring.metrics),
        parts_(parts()) {}
  ~IngressServer() override { IngressServer::stop(); }

  statekit::Status start() {
    // The last known state first, so that the first request finds it.
    follower_.start();
    auto http =
        httpkit::serve({.listen = settings_.http_listen,
                        .setting = "ingress.http_listen",
                        .limits = limits_of(settings_),
                        .threads = static_cast<std::size_t>(settings_.threads),
                        .turned_away = statekit::count_turned_away(*wiring_.metrics, "ingress"),
                        .doors = wiring_.doors,
                        .guests = tls::Guests::everybody},
                       [this](httpkit::Request request, std::shared_ptr<httpkit::Reply> reply) {
                         take(std::move(request), std::move(reply));
                       });
    if (!http) return fail(std::move(http.error()));
    http_ = std::move(*http);
    show();
    statekit::log_info("ingress.started", {{"address", http_->address()}});
    return {};
  }

  std::string address() const override { return http_->address(); }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    {
      const std::lock_guard lock(scrape_->mutex);
      scrape_->server = nullptr;
    }
    if (wiring_.health != nullptr) wiring_.health->remove("ingress feed");
    waiters_.stop();  // who waits is told, and its connection can end
    if (http_) http_->stop(settings_.stop_timeout_ms);
    // Calls whose clients were cut off are cancelled; they come back before what they use goes.
    statekit::check(parts_.in_flight->wait_for_none(settings_.timeout_ms + own_answer_ms),
                    "every request in hand ends by its deadline");
    follower_.stop();
    if (publisher_) publisher_->stop(flush_ms_max);
  }

 private:
  using Follower = statekit::Follower<IngressState, schema::ChangeCodec>;
  // Metrics keep asking; what they ask may be gone.
  struct Scrape {
    std::mutex mutex;
    IngressServer* server = nullptr;
  };

  Parts parts() {
    Parts out;
    out.projection = &follower_.projection();
    out.position = [this] { return follower_.position(); };
    out.service = &service_;
    out.caller = caller_.get();
    out.waiters = &waiters_;
    out.metrics = &metrics_;
    out.clock = wiring_.clock;
    out.timeout_ms = settings_.timeout_ms;
    if (publisher_) {
      out.publish = [this](statekit::TimelineEvent event) {
        publisher_->publish(std::move(event));
      };
    }
    return out;
  }

  void take(httpkit::Request request, std::shared_ptr<httpkit::Reply> reply) {
    Arrival arrival = IngressService::arrive(std::move(request), statekit::random_request_id(),
                                             statekit::random_hex(16), statekit::random_hex(8));
    std::make_shared<Exchange>(parts_, std::move(arrival), std::move(reply))->start();
  }

  // How the service is, for /readyz and /metrics.
  void show() {
    if (wiring_.health != nullptr) {
      wiring_.health->watch("ingress feed", [this] { return readiness_of(follower_.status()); });
    }
    scrape_->server = this;
    wiring_.metrics->on_scrape([scrape = scrape_] {
      const std::lock_guard lock(scrape->mutex);
      if (scrape->server != nullptr) scrape->server->measure();
    });
  }

  void measure() {
    statekit::Metrics& m = *wiring_.metrics;
    m.gauge("millrace_ingress_feed_revision", "The revision that requests are routed by.")
        .set(static_cast<double>(follower_.projection().revision()));
    m.gauge("millrace_ingress_feed_age_seconds",
            "Since the feed was last heard; 0 while it is live.")
        .set(static_cast<double>(follower_.status().age_ms) / 1000);
    m.gauge("millrace_ingress_requests_waiting", "Requests that wait for a revision.")
        .set(static_cast<double>(waiters_.waiting()));
    m.gauge("millrace_ingress_routes", "Routes of the canonical modules.")
        .set(static_cast<double>(follower_.read()->routes({}).size()));
    m.gauge("millrace_ingress_timeline_dropped_events",
            "Events that the timeline's queue had no room for.")
        .set(publisher_ ? static_cast<double>(publisher_->dropped()) : 0);
  }

  const Settings settings_;
  const Wiring wiring_;
  Follower follower_;
  statekit::RevisionWaiters waiters_;
  IngressService service_;
  const std::unique_ptr<VerbCaller> caller_;
  const std::unique_ptr<statekit::TimelinePublisher> publisher_;
  RequestMetrics metrics_;
  const Parts parts_;
  const std::shared_ptr<Scrape> scrape_ = std::make_shared<Scrape>();
  std::unique_ptr<httpkit::Server> http_;
  bool stopped_ = false;
};

}  // namespace

std::vector<statekit::Channel> connect_routing(const Settings& settings,
                                               const statekit::ChannelOptions& options) {
  const std::string& all = settings.routing;
  std::vector<statekit::Channel> channels;
  for (std::size_t begin = 0; begin <= all.size();) {
    const std::size_t comma = std::min(all.find(',', begin), all.size());
    channels.push_back(statekit::connect(all.substr(begin, comma - begin), options));
    begin = comma + 1;
  }
  return channels;
}

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring) {
  if (statekit::Status checked = check(settings); !checked) return fail(std::move(checked.error()));
  auto server = std::make_unique<IngressServer>(settings, wiring);
  if (statekit::Status started = server->start(); !started) {
    return fail(within("starting ingress", std::move(started.error())));
  }
  return server;
}

}  // namespace millrace::ingress
