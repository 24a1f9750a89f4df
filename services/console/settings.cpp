#include "services/console/settings.hpp"

#include "services/console/state.hpp"
#include "settings/target.hpp"

namespace millrace::console {

void describe(settings::Fields& fields, Settings& settings) {
  fields.address("console.http_listen", settings.http_listen, "where the page is served");
  fields.address("console.health_listen", settings.health_listen,
                 "where /healthz, /readyz and /metrics are served");
  fields.list("console.schema", settings.schema, "addresses of the schema service to follow");
  fields.judge("console.schema", settings::needed_targets(settings.schema));
  fields.text("console.timeline", settings.timeline,
              "the timeline to show calls and requests from; empty: none");
  fields.judge("console.timeline",
               settings::wanted_target(settings.timeline, "no calls and requests are shown"));
  fields.list("console.hosts", settings.hosts,
              "further names that the page may be reached under, such as console.example.org");
  fields.text("console.cache", settings.cache,
              "file with the last known state, to start from while the schema service is away; "
              "empty: DATA/console/feed.cache");
  fields.text("console.instance", settings.instance,
              "name of this console among the followers; empty: a random one");
  fields.integer("console.connections_max", settings.connections_max, 1, 100'000,
                 "open connections; further ones are answered 503");
  fields.integer("console.connections_per_client_max", settings.connections_per_client_max, 0,
                 1'000'000,
                 "those of one address; one more is 429; 0: three quarters of them, all for this "
                 "machine");
  fields.integer("console.streams_max", settings.streams_max, 1, 10'000,
                 "pages that are kept up to date at once; further ones are answered 503");
  fields.integer("console.stream_bytes_max", settings.stream_bytes_max, 64 << 10, 1 << 30,
                 "bytes that wait for one slow page before it is cut off");
  fields.integer("console.activity_events_max", settings.activity_events_max, 1, 100'000,
                 "calls, requests and changes that are kept to show");
  fields.integer("console.changesets_max", settings.changesets_max, 1,
                 static_cast<std::int64_t>(ended_changesets_max),
                 "ended changesets that the page is given");
}

}  // namespace millrace::console
