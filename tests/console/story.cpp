#include "tests/console/story.hpp"

#include "tests/console/changes.hpp"

namespace millrace::test {
namespace {

const char* const time_text = R"(
module time {
  data TimeRequest {
    zone String?
  }
  data TimeResponse {
    time Time
  }

  // The time, in UTC.
  export verb now(TimeRequest) TimeResponse
})";

const char* const echo_text = R"(
// Says hello, and tells the time while at it.
module echo {
  export data EchoQuery {
    name String?
  }
  export data EchoRequest {
    name String?
  }
  export data EchoResponse {
    message String
  }

  // Greets whoever asks over HTTP.
  export verb get(HttpRequest<Unit, Unit, EchoQuery>) HttpResponse<EchoResponse, String>
    +ingress http GET /echo
    +calls echo.echo

  // Greets by name, with the time of day.
  // An absent name is a stranger.
  export verb echo(EchoRequest) EchoResponse
    +calls time.now
})";

const char* const greeter_text = R"(
// Greets as often as one likes. Written in Node.
module greeter {
  config greeting String

  export data GreetBody {
    name String
    times Int
  }
  export data Greeting {
    messages [String]
  }

  // Answers 201 with the greetings.
  export verb greet(HttpRequest<GreetBody, Unit, Unit>) HttpResponse<Greeting, String>
    +ingress http POST /greet

  // The same for modules.
  export verb polite(GreetBody) Greeting
    +calls echo.echo, time.now
})";

const char* const orders_text = R"(
// Takes orders, bills them, tells the warehouse.
module orders {
  secret gateway String
  topic placed Order
  data Order {
    items [String]
    guest greeter.GreetBody
  }
  data Receipt {
    id String
    total Int
  }
  data OrderPath {
    id String
  }

  // Places an order.
  export verb place(HttpRequest<Order, Unit, Unit>) HttpResponse<Receipt, String>
    +ingress http POST /orders
    +calls orders.price, greeter.polite
    +publish orders.placed
  export verb find(HttpRequest<Unit, OrderPath, Unit>) HttpResponse<Receipt, String>
    +ingress http GET /orders/{id}

  // Adds up what an order costs.
  verb price(Order) Int
    +calls time.now

  // Closes the day.
  verb nightly(Unit) Unit
    +calls orders.price
    +cron 0 3 * * *
})";

const char* const echo_old_text = "module echo { export verb echo(String) String }";

const std::string time_key = "dpl-time-0p9o8i7u6y";
const std::string echo_key = "dpl-echo-4k2m9x0qaz";
const std::string echo_old_key = "dpl-echo-11aa22bb33";
const std::string greeter_key = "dpl-greeter-77hq2m1c0d";
const std::string orders_key = "dpl-orders-a1b2c3d4e5";
const std::string orders_first_key = "dpl-orders-0first0try";

// Commits one event a revision, the last one 4.2 s before the story's end.
class Teller {
 public:
  void tell(schema::Event event, std::int64_t ms_ago) {
    state_.apply(commit(state_.revision() + 1, {std::move(event)}, story_end_ms - ms_ago));
  }
  void finish(const std::string& changeset, std::int64_t ms_ago) {
    tell(schema::ChangesetPrepared{changeset}, ms_ago);
    tell(schema::ChangesetCommitted{changeset, {}}, ms_ago);
    tell(schema::ChangesetDrained{changeset}, ms_ago);
    tell(schema::ChangesetFinalized{changeset}, ms_ago);
  }
  void serve(const std::string& id, const std::string& deployment, const std::string& address,
             std::int64_t ms_ago) {
    tell(schema::EndpointRegistered{endpoint(id, deployment, address)}, ms_ago);
  }
  console::ConsoleState state() const { return state_; }

 private:
  console::ConsoleState state_;
};

schema::ChangesetCreated because(schema::ChangesetCreated event, std::string author,
                                 std::string reason) {
  event.changeset.author = std::move(author);
  event.changeset.reason = std::move(reason);
  return event;
}

void first_deploys(Teller& teller) {
  teller.tell(because(created("chs-1q2w3e4r5t", {deployment(time_key, time_text),
                                                 deployment(echo_old_key, echo_old_text)}),
                      "ada", "first deploy"),
              3'600'000);
  teller.serve("ept-p6q7r8s9t0", time_key, "127.0.0.1:40100", 3'599'000);
  teller.serve("ept-u1v2w3x4y5", echo_old_key, "127.0.0.1:40110", 3'599'000);
  teller.finish("chs-1q2w3e4r5t", 3'598'000);
  teller.tell(because(created("chs-zz99yy88xx", {deployment(orders_first_key, orders_text, 3)}),
                      "grace", "orders: first try"),
              1'200'000);
  teller.tell(schema::ChangesetRollingBack{"chs-zz99yy88xx",
                                           "not prepared within 60s: orders has 0 of 3 live "
                                           "endpoints"},
              1'140'000);
  teller.tell(schema::ChangesetFailed{"chs-zz99yy88xx", ""}, 1'139'000);
  teller.tell(schema::DeploymentsRemoved{{orders_first_key}}, 1'138'000);
  teller.tell(created("chs-6y7u8i9o0p", {deployment(greeter_key, greeter_text)}), 300'000);
  teller.serve("ept-k1l2m3n4o5", greeter_key, "127.0.0.1:40300", 299'000);
  teller.finish("chs-6y7u8i9o0p", 298'000);
}

}  // namespace

console::ConsoleState story_state() {
  Teller teller;
  first_deploys(teller);
  teller.tell(because(created("chs-5g4f3d2s1a", {deployment(echo_key, echo_text, 2)}), "ada",
                      "echo: greet over HTTP as well"),
              40'000);
  teller.serve("ept-0a1b2c3d4e", echo_key, "127.0.0.1:40211", 39'000);
  teller.serve("ept-5f6g7h8i9j", echo_key, "127.0.0.1:40212", 38'000);
  teller.tell(schema::ChangesetPrepared{"chs-5g4f3d2s1a"}, 38'000);
  teller.tell(schema::ChangesetCommitted{"chs-5g4f3d2s1a", {echo_old_key}}, 38'000);
  teller.tell(schema::EndpointHealthChanged{"ept-u1v2w3x4y5", false}, 20'000);
  schema::ChangesetCreated orders =
      because(created("chs-w8e2r5t1y0", {deployment(orders_key, orders_text, 3)}), "grace",
              "orders: take payments by invoice");
  orders.changeset.canary_percent = 10;
  orders.changeset.hold = true;
  teller.tell(orders, 18'000);
  schema::Endpoint fixed = endpoint("ept-z9y8x7w6v5", orders_key, "orders.internal:9000");
  fixed.leased = false;
  fixed.instance.clear();
  teller.tell(schema::EndpointRegistered{fixed}, 4'200);
  return teller.state();
}

console::StatusView story_status() {
  console::StatusView status;
  const console::ConsoleState state = story_state();
  status.version = "0.1.0";
  status.server_time_ms = story_end_ms;
  status.feed_state = "live";
  status.incarnation = "9f1c2a7be0d34c5586a1f0b9d2c47e13";
  status.revision = state.revision();
  status.head = state.revision();
  status.commit_time_ms = state.time_ms();
  const auto add = [&](const char* kind, const char* instance, statekit::Revision lag,
                       std::int64_t seen) {
    status.followers.push_back({kind, instance, status.head - lag, lag, seen, true, false});
  };
  add("console", "console-1", 0, 140);
  add("ingress", "ingress-1", 0, 210);
  add("routing", "routing-1", 0, 90);
  add("routing", "routing-2", 3, 2'400);
  add("timeline", "timeline-1", 0, 320);
  status.storage = "etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/prod";
  console::ReplicaView replica{
      "1f0c", "10.0.0.1:8892", story_end_ms - 5'400'000, true, true, status.head, "ready", {}, 3,
      4};
  status.replicas.push_back(replica);
  replica = {"8d21",          "10.0.0.2:8892", story_end_ms - 90'000,      false, false,
             status.head - 2, "not-ready",     {"etcd cannot be reached"}, 1,     1};
  status.replicas.push_back(replica);
  replica = {"c3e7", "10.0.0.3:8892", 0, false, false, status.head, "unknown", {}, 0, 0};
  status.replicas.push_back(replica);
  return status;
}

}  // namespace millrace::test
