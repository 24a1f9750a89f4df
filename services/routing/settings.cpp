#include "services/routing/settings.hpp"

#include "settings/target.hpp"

namespace millrace::routing {

void describe(settings::Fields& fields, Settings& settings) {
  fields.address("routing.listen", settings.listen, "where calls come in (gRPC)");
  fields.address("routing.health_listen", settings.health_listen,
                 "where /healthz, /readyz and /metrics answer");
  fields.list("routing.schema", settings.schema, "schema services to follow");
  fields.judge("routing.schema", settings::needed_targets(settings.schema));
  fields.text("routing.timeline", settings.timeline,
              "the timeline that is told of each call; empty: none");
  fields.judge("routing.timeline",
               settings::wanted_target(settings.timeline, "calls are not told"));
  fields.text("routing.cache", settings.cache,
              "file with the last known state, to start from while the schema service is away; "
              "empty: DATA/routing/feed.cache");
  fields.text("routing.instance", settings.instance,
              "name of this router among the followers; empty: a random one");
  fields.integer("routing.calls_max", settings.calls_max, 1, 1'000'000,
                 "calls in flight; more are refused as overloaded");
  fields.integer("routing.waiting_max", settings.waiting_max, 1, 1'000'000,
                 "calls that wait for a revision; more are refused as overloaded");
  fields.integer("routing.attempts_max", settings.attempts_max, 1, 16,
                 "endpoints tried for one call while none can be reached");
  fields.integer("routing.connections_per_client_max", settings.connections_per_client_max, 0,
                 1'000'000,
                 "gRPC connections of one address; one more is closed; 0: three quarters of 10,000 "
                 "for the process, all for this machine");
  fields.integer("routing.message_bytes_max", settings.message_bytes_max, 1'024, 256 << 20,
                 "largest request and largest answer, in bytes");
  fields.duration("routing.deadline_default", settings.deadline_default_ms, 1, 86'400'000,
                  "how long a call may take that names no deadline");
  fields.duration("routing.deadline_max", settings.deadline_max_ms, 1, 86'400'000,
                  "how long any call may take");
  fields.integer("routing.eject_failures", settings.eject_failures, 1, 1'000,
                 "failures in a row after which an endpoint is left out for a while");
  fields.duration("routing.eject_min", settings.eject_min_ms, 1, 3'600'000,
                  "how long a failing endpoint is left out at first; then twice as long each time");
  fields.duration("routing.eject_max", settings.eject_max_ms, 1, 3'600'000,
                  "how long a failing endpoint is left out at most");
  fields.integer("routing.timeline_events_max", settings.timeline_events_max, 1, 1'000'000,
                 "events that wait for the timeline; more are dropped and counted");
}

}  // namespace millrace::routing
