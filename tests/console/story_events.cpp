#include "tests/console/story.hpp"

namespace millrace::test {
namespace {

using statekit::CallEvent;
using statekit::IngressEvent;
using statekit::TimelineEvent;

// Newest first: each event is older and has a smaller id than the one before.
class Events {
 public:
  template <class What>
  void add(std::int64_t ms_ago, std::string request_id, What what) {
    TimelineEvent event;
    event.id = next_id_--;
    event.time_ms = story_end_ms - ms_ago;
    event.request_id = std::move(request_id);
    event.what = std::move(what);
    events_.push_back(std::move(event));
  }
  std::vector<TimelineEvent> take() { return std::move(events_); }

 private:
  std::uint64_t next_id_ = 118;
  std::vector<TimelineEvent> events_;
};

IngressEvent request(std::string method, std::string path, std::string module, std::string verb,
                     std::uint32_t status, std::int64_t us, std::string error = {}) {
  IngressEvent event;
  event.method = std::move(method);
  event.route = event.path = std::move(path);
  event.module = std::move(module);
  event.verb = std::move(verb);
  event.status = status;
  event.duration_us = us;
  event.error = std::move(error);
  return event;
}

CallEvent call(std::string module, std::string verb, std::vector<std::string> callers,
               std::int64_t us, std::string endpoint) {
  CallEvent event;
  event.module = std::move(module);
  event.verb = std::move(verb);
  event.callers = std::move(callers);
  event.duration_us = us;
  event.outcome = "ok";
  event.endpoint = std::move(endpoint);
  return event;
}

CallEvent failed(CallEvent event, std::string outcome, std::string error) {
  event.outcome = std::move(outcome);
  event.error = std::move(error);
  return event;
}

}  // namespace

std::vector<TimelineEvent> story_events() {
  Events events;
  events.add(900, "req-7f3a", request("GET", "/echo", "echo", "get", 200, 2140));
  events.add(901, "req-7f3a", call("echo", "get", {}, 1820, "127.0.0.1:40211"));
  events.add(901, "req-7f3a", call("echo", "echo", {"echo.get"}, 990, "127.0.0.1:40212"));
  events.add(902, "req-7f3a",
             call("time", "now", {"echo.get", "echo.echo"}, 240, "127.0.0.1:40100"));
  events.add(4'200, "",
             statekit::DeploymentEvent{"dpl-orders-a1b2c3d4e5", "orders", "endpoint-registered",
                                       "orders.internal:9000", 27});
  events.add(5'100, "req-7f39",
             request("GET", "/favicon.ico", "", "", 404, 310, "no route matches GET /favicon.ico"));
  events.add(9'000, "req-7f38", request("POST", "/greet", "greeter", "greet", 201, 5230));
  events.add(9'001, "req-7f38", call("greeter", "greet", {}, 4810, "127.0.0.1:40300"));
  events.add(18'000, "",
             statekit::ChangesetEvent{"chs-w8e2r5t1y0",
                                      "preparing",
                                      {"orders"},
                                      "orders: take payments by invoice",
                                      "grace",
                                      26});
  events.add(26'000, "req-7f37",
             request("POST", "/orders", "orders", "place", 503, 410,
                     "orders has no live endpoint: start one with millrace run"));
  events.add(
      26'001, "req-7f37",
      failed(call("orders", "place", {}, 120, ""), "no-endpoint", "orders has no live endpoint"));
  events.add(61'000, "",
             statekit::LogEvent{statekit::LineLevel::warn,
                                "greeter",
                                "dpl-greeter-77hq2m1c0d",
                                "greeting template is older than a day",
                                {{"age_hours", "31"}}});
  events.add(90'500, "req-7f36", request("GET", "/echo", "echo", "get", 200, 48210));
  return events.take();
}

}  // namespace millrace::test
