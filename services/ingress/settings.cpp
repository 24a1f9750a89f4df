#include "services/ingress/settings.hpp"

#include <algorithm>

#include "settings/target.hpp"

namespace millrace::ingress {
namespace {

void describe_limits(settings::Fields& fields, Settings& settings) {
  fields.integer("ingress.threads", settings.threads, 1, 64, "threads that serve requests");
  fields.integer("ingress.header_bytes_max", settings.header_bytes_max, 1'024, 1 << 20,
                 "largest head of a request, in bytes; more is 431");
  fields.integer("ingress.body_bytes_max", settings.body_bytes_max, 0, 64 << 20,
                 "largest body of a request, in bytes; more is 413");
  fields.integer("ingress.connections_max", settings.connections_max, 1, 1'000'000,
                 "connections at one time; more are told 503");
  fields.integer("ingress.connections_per_client_max", settings.connections_per_client_max, 0,
                 1'000'000,
                 "those of one address; one more is 429; 0: three quarters of them, all for this "
                 "machine");
  fields.integer("ingress.pipelined_max", settings.pipelined_max, 1, 1'000,
                 "requests of one connection in hand at one time");
  fields.duration("ingress.idle_timeout", settings.idle_timeout_ms, 1, 86'400'000,
                  "how long a connection is kept without a request");
  fields.duration("ingress.read_timeout", settings.read_timeout_ms, 1, 86'400'000,
                  "how long a request may take to arrive; longer is 408");
  fields.duration("ingress.write_timeout", settings.write_timeout_ms, 1, 86'400'000,
                  "how long a client may read nothing of its answer");
  fields.duration("ingress.timeout", settings.timeout_ms, 1, 86'400'000,
                  "how long a verb may take to answer; longer is 504");
  fields.duration("ingress.stop_timeout", settings.stop_timeout_ms, 0, 10'000,
                  "how long a stop waits for the requests in hand");
  fields.integer("ingress.waiting_max", settings.waiting_max, 1, 1'000'000,
                 "requests that wait for a revision; more are told 503");
  fields.integer("ingress.timeline_events_max", settings.timeline_events_max, 1, 1'000'000,
                 "events that wait for the timeline; more are dropped and counted");
}

}  // namespace

void describe(settings::Fields& fields, Settings& settings) {
  fields.address("ingress.http_listen", settings.http_listen, "where requests come in (HTTP)");
  fields.address("ingress.health_listen", settings.health_listen,
                 "where /healthz, /readyz and /metrics answer");
  fields.list("ingress.schema", settings.schema, "schema services to follow");
  fields.judge("ingress.schema", settings::needed_targets(settings.schema));
  fields.text("ingress.routing", settings.routing,
              "the routing service that carries the calls; several with commas between");
  fields.judge("ingress.routing", settings::needed_targets(settings.routing));
  fields.text("ingress.timeline", settings.timeline,
              "the timeline that is told of each request; empty: none");
  fields.judge("ingress.timeline",
               settings::wanted_target(settings.timeline, "requests are not told"));
  fields.text("ingress.cache", settings.cache,
              "file with the last known state, to start from while the schema service is away; "
              "empty: DATA/ingress/feed.cache");
  fields.text("ingress.instance", settings.instance,
              "name of this ingress among the followers; empty: a random one");
  describe_limits(fields, settings);
  fields.list("ingress.cors_origins", settings.cors.origins,
              "origins whose pages may call, such as https://app.example.com, or *; empty: none");
  fields.list("ingress.cors_headers", settings.cors.headers,
              "headers that such a page may send; empty: those that it asks for");
  fields.boolean("ingress.cors_credentials", settings.cors.credentials,
                 "whether such a page may send cookies; not with *");
  fields.judge("ingress.cors_credentials", [&settings]() -> std::optional<settings::Objection> {
    const statekit::Status checked = check(settings);
    if (checked) return std::nullopt;
    return settings::Objection{settings::Weight::refused, checked.error().message};
  });
  fields.duration("ingress.cors_max_age", settings.cors.max_age_ms, 0, 86'400'000,
                  "how long a browser may remember what it was allowed");
}

statekit::Status check(const Settings& settings) {
  const auto& origins = settings.cors.origins;
  const bool any = std::find(origins.begin(), origins.end(), "*") != origins.end();
  if (any && settings.cors.credentials) {
    return statekit::fail(
        statekit::Code::invalid_argument,
        "ingress.cors_credentials cannot be with ingress.cors_origins = *: name the "
        "origins whose pages may send cookies");
  }
  return {};
}

}  // namespace millrace::ingress
