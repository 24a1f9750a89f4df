#include "services/timeline/settings.hpp"

#include "settings/target.hpp"

namespace millrace::timeline {

void describe(settings::Fields& fields, Settings& settings) {
  fields.address("timeline.listen", settings.listen,
                 "where events come in and are asked for (gRPC)");
  fields.address("timeline.health_listen", settings.health_listen,
                 "where /healthz, /readyz and /metrics answer");
  fields.list("timeline.schema", settings.schema, "schema services to follow");
  fields.judge("timeline.schema",
               settings::wanted_targets(settings.schema, "changes of the schema are not told"));
  fields.text("timeline.instance", settings.instance,
              "name of this timeline among the followers; empty: a random one");
  fields.integer("timeline.events_max", settings.events_max, 1, 100'000'000,
                 "events kept; the oldest make room");
  fields.integer("timeline.bytes_max", settings.bytes_max, 1'024, std::int64_t{1} << 40,
                 "bytes of events kept; the oldest make room");
  fields.integer("timeline.event_bytes_max", settings.event_bytes_max, 256, 1 << 20,
                 "largest event, in bytes; larger ones are dropped and counted");
  fields.integer("timeline.streams_max", settings.streams_max, 1, 100'000,
                 "readers that follow the timeline at once");
}

}  // namespace millrace::timeline
