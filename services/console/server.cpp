#include "services/console/server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "httpkit/server.hpp"
#include "schema/change_codec.hpp"
#include "services/console/codec.hpp"
#include "services/console/door.hpp"
#include "services/console/server_past.hpp"
#include "services/console/server_peers.hpp"
#include "services/console/server_timeline.hpp"
#include "services/console/service.hpp"
#include "settings/main.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/turned_away.hpp"

namespace millrace::console {
namespace {

constexpr std::int64_t wake_ms = 200;          // how long a page waits for news at most
constexpr std::int64_t overview_ms_min = 100;  // between two overviews: many commits become one
constexpr std::int64_t overview_rest = 9;      // a large one is rested for so many times its work
constexpr std::int64_t status_ms = 1'000;
constexpr std::int64_t stop_ms = 1'000;
constexpr std::size_t body_bytes_max = 1'024;  // nobody has anything to send

using Follower = statekit::Follower<ConsoleState, schema::ChangeCodec>;

statekit::FollowerOptions follower_options(const Settings& s) {
  statekit::FollowerOptions out;
  out.identity.kind = "console";
  out.identity.format = 3;  // of the digest: 1 was spread in another way, 2 had no values
  out.identity.instance = s.instance.empty() ? statekit::random_base36(10) : s.instance;
  out.cache_path = s.cache.empty() ? s.data + "/console/feed.cache" : s.cache;
  return out;
}

std::unique_ptr<statekit::FeedTransport> feed_of(const Wiring& wiring) {
  return wiring.feed ? wiring.feed() : statekit::make_grpc_feed_transport(wiring.schema);
}

GuardOptions guard_of(const Settings& s) {
  const std::string host = host_name(s.http_listen).value_or("");
  return {host == "localhost" || is_loopback(host), s.hosts};
}

Live::Limits live_limits(const Settings& s) {
  return {static_cast<std::size_t>(s.streams_max), static_cast<std::size_t>(s.activity_events_max)};
}

class ConsoleServer final : public Server {
 public:
  ConsoleServer(const Settings& settings, const Wiring& wiring)
      : settings_(settings),
        wiring_(wiring),
        follower_(follower_options(settings), feed_of(wiring), *wiring.clock),
        gate_(make_gate()),
        live_(live_limits(settings)),
        peers_(wiring.schema),
        past_(wiring.schema, static_cast<std::size_t>(settings.changesets_max)),
        tail_(wiring.timeline, live_, static_cast<std::size_t>(settings.activity_events_max)),
        service_(guard_of(settings), questions(), live_) {}

  ~ConsoleServer() override { stop(); }

  statekit::Status start() {
    httpkit::ServerOptions options;
    options.listen = settings_.http_listen;
    options.setting = "console.http_listen";
    options.doors = wiring_.doors;
    options.limits.body_bytes_max = body_bytes_max;
    options.limits.connections_max = static_cast<std::size_t>(settings_.connections_max);
    options.limits.connections_per_client_max =
        static_cast<std::size_t>(settings_.connections_per_client_max);
    options.turned_away = statekit::count_turned_away(*wiring_.metrics, "console");
    options.limits.stream_bytes_max = static_cast<std::size_t>(settings_.stream_bytes_max);
    auto http = httpkit::serve(
        options, [this](httpkit::Request request, std::shared_ptr<httpkit::Reply> reply) {
          if (gate_)
            handle_guarded(*gate_, service_, request, reply);
          else
            service_.handle(request, reply);
        });
    if (!http) return fail(std::move(http.error()));
    http_ = std::move(*http);
    if (wiring_.health != nullptr)
      wiring_.health->watch("feed", [this] { return readiness_of(follower_.status()); });
    follower_.start();
    peers_.start();
    past_.start();
    tail_.start();
    telling_ = std::thread([this] { tell(); });
    statekit::log_info("console.started", {{"address", http_->address()}});
    return {};
  }

  std::string address() const override { return http_->address(); }

  void stop() override {
    if (stopping_.exchange(true)) return;
    live_.close();
    past_.stop();  // first: requests wait for its answers
    if (http_) http_->stop(stop_ms);
    follower_.stop();
    if (telling_.joinable()) telling_.join();
    tail_.stop();
    peers_.stop();
    if (wiring_.health != nullptr) wiring_.health->remove("feed");
  }

 private:
  std::unique_ptr<access::Gate> make_gate() {
    if (wiring_.trusted == nullptr || !wiring_.trusted->required) return nullptr;
    auto gate = std::make_unique<access::Gate>(
        *wiring_.trusted, [this](const auto& use) { use(follower_.read()->book()); },
        *wiring_.clock);
    gate->count_in(*wiring_.metrics, "console");
    return gate;
  }

  Questions questions() {
    return {[this] { return overview(); },
            [this](std::string_view name) { return module_json(*follower_.read(), name); },
            [this](Revision at, std::string module, Questions::Answer answer) {
              tell_past(at, std::move(module), std::move(answer));
            }};
  }

  void tell_past(Revision at, std::string module, Questions::Answer answer) {
    const std::optional<statekit::Position> present = follower_.position();
    past_.ask(at, present ? present->incarnation : "",
              [this, module = std::move(module),
               answer = std::move(answer)](const statekit::Result<Past::View>& view) {
                if (!view) return answer(fail(view.error()));
                const PastSystem& then = **view;
                if (module.empty()) return answer(past_json(then.text, status(), then.commit));
                const std::optional<std::string> text = module_json(then.state, module);
                if (text) return answer(*text);
                answer(statekit::fail(statekit::Code::not_found,
                                      "no module is called " + module + " at revision " +
                                          std::to_string(then.commit.revision)));
              });
  }

  // What the page shows of the state: one text for all readers, since a large one takes long to
  // write. It is written from a copy, so that the follower is not held up meanwhile.
  struct System {
    Revision revision = 0;
    std::uint64_t digest = 0;
    WallMs commit_time_ms = 0;
    std::string text;
  };

  std::shared_ptr<const System> system() const {
    const std::lock_guard lock(system_mutex_);
    std::optional<ConsoleState> copy;
    {
      const auto state = follower_.read();
      const bool same = system_ != nullptr && system_->revision == state->revision() &&
                        system_->digest == state->digest();
      if (!same) copy = *state;
    }
    if (copy)
      system_ = std::make_shared<const System>(
          System{copy->revision(), copy->digest(), copy->time_ms(),
                 system_json(*copy, static_cast<std::size_t>(settings_.changesets_max))});
    return system_;
  }

  std::string overview() const {
    StatusView shown = status();  // first: the state may move on meanwhile, never back
    const std::shared_ptr<const System> at = system();
    shown.revision = at->revision;
    shown.head = std::max(shown.head, shown.revision);
    shown.commit_time_ms = at->commit_time_ms;
    return overview_json(at->text, shown);
  }

  StatusView status() const {
    StatusView out;
    out.version = std::string(settings::version());
    out.server_time_ms = wiring_.clock->wall_ms();
    const statekit::FollowerStatus feed = follower_.status();
    out.feed_state = std::string(name_of(feed.phase));
    out.feed_reason = feed.reason;
    if (feed.position) out.incarnation = feed.position->incarnation;
    {
      const auto state = follower_.read();
      out.revision = state->revision();
      out.commit_time_ms = state->time_ms();
    }
    PeersView peers = peers_.latest();
    out.head = std::max({out.revision, feed.head, peers.head});
    out.followers = std::move(peers.followers);
    out.followers_error = std::move(peers.error);
    out.storage = std::move(peers.storage);
    out.replicas = std::move(peers.replicas);
    out.timeline_error = tail_.error();
    return out;
  }

  // Tells all open pages: an overview after each change, but not more often than they can take in,
  // and the status once a second.
  void tell() {
    const auto pages = wiring_.metrics->gauge("millrace_console_streams", "Pages kept up to date.");
    const auto revision =
        wiring_.metrics->gauge("millrace_console_feed_revision", "The revision that is shown.");
    std::optional<statekit::Position> told;
    statekit::MonoMs next_overview_at = 0;
    statekit::MonoMs status_at = 0;
    while (!stopping_) {
      const Revision next = told ? told->revision + 1 : 1;
      follower_.projection().wait_for(next, wake_ms);
      const statekit::MonoMs now = wiring_.clock->mono_ms();
      const std::optional<statekit::Position> at = follower_.position();
      if (at != told && now >= next_overview_at) {
        live_.say("overview", [this] { return overview(); });
        told = at;
        const std::int64_t took_ms = wiring_.clock->mono_ms() - now;
        next_overview_at = now + std::max(overview_ms_min, took_ms * (1 + overview_rest));
      } else if (at != told) {
        std::this_thread::sleep_for(std::chrono::milliseconds(overview_ms_min));
      }
      if (now - status_at >= status_ms) {
        live_.say("status", [this] { return status_json(status()); });
        status_at = now;
      }
      pages.set(static_cast<double>(live_.streams()));
      revision.set(static_cast<double>(follower_.projection().revision()));
    }
  }

  const Settings settings_;
  const Wiring wiring_;
  Follower follower_;
  const std::unique_ptr<access::Gate> gate_;  // null: nobody is asked
  Live live_;
  Peers peers_;
  Past past_;
  TimelineTail tail_;
  const Service service_;
  std::unique_ptr<httpkit::Server> http_;
  mutable std::mutex system_mutex_;
  mutable std::shared_ptr<const System> system_;
  std::atomic<bool> stopping_{false};
  std::thread telling_;
};

}  // namespace

statekit::Result<std::unique_ptr<Server>> start(const Settings& settings, const Wiring& wiring) {
  auto server = std::make_unique<ConsoleServer>(settings, wiring);
  if (statekit::Status started = server->start(); !started)
    return fail(within("starting the console", std::move(started.error())));
  return server;
}

}  // namespace millrace::console
