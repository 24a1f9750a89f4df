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
  fields.integer("timeline.connections_per_client_max", settings.connections_per_client_max, 0,
                 1'000'000,
                 "gRPC connections of one address; one more is closed; 0: three quarters of 10,000 "
                 "for the process, all for this machine");
  fields.integer("timeline.streams_max", settings.streams_max, 1, 100'000,
                 "readers that follow the timeline at once");
  fields.text("timeline.audit", settings.audit,
              "file with what the platform told for the audit; empty: DATA/timeline/audit.db");
  fields.integer("timeline.audit_events_max", settings.audit_events_max, 2, 1'000'000,
                 "events kept for the audit, of what was done and of what was denied so many each; "
                 "whoever has most makes room");
  fields.integer("timeline.audit_bytes_max", settings.audit_bytes_max, 16'384,
                 std::int64_t{256} << 20, "bytes of such events kept, of each of the two");
}

}  // namespace millrace::timeline
