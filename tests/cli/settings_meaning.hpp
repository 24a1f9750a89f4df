// What each name of each version means, said once more and by itself: the member of the inner
// settings that it sets. Nothing here is taken from the tables that are tested.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/serve/all_settings.hpp"

namespace millrace::test {

using Place = std::variant<std::int64_t*, std::string*, std::vector<std::string>*, bool*>;

struct Row {
  const char* first;   // its name in version 1; empty: it came later
  const char* second;  // in version 2
  Place place;
  std::string text = {};  // a value for it where any address will not do
};

inline std::vector<Row> of_all(cli::AllSettings& all) {
  return {{"data", "data", &all.data, "a/folder"},
          {"log.format", "log.format", &all.log.format, "json"},
          {"log.level", "log.level", &all.log.level, "debug"},
          {"", "insecure", &all.tls.insecure},
          {"", "auth.bootstrap_token_file", &all.auth.bootstrap_token_file, "a/token"},
          {"", "auth.jwt.audience", &all.auth.jwt.audience, "millrace"},
          {"", "auth.jwt.groups_claim", &all.auth.jwt.groups_claim, "groups"},
          {"", "auth.jwt.issuer", &all.auth.jwt.issuer, "https://issuer"},
          {"", "auth.jwt.keys", &all.auth.jwt.keys, "a/jwks"},
          {"", "auth.jwt.leeway", &all.auth.jwt.leeway_ms, "7ms"},
          {"", "auth.jwt.prefix", &all.auth.jwt.prefix, "x:"},
          {"", "auth.jwt.subject_claim", &all.auth.jwt.subject_claim, "email"},
          {"", "auth.mode", &all.auth.mode, "required"},
          {"", "auth.service_identities", &all.auth.service_identities, "spiffe://a/b"},
          {"", "auth.token_file", &all.auth.token_file, "my/token"},
          {"", "tls.ca", &all.tls.files.ca, "a/ca.pem"},
          {"", "tls.certificate", &all.tls.files.certificate, "a/cert.pem"},
          {"", "tls.client", &all.tls.client, "request"},
          {"", "tls.http_client", &all.tls.http_client, "request"},
          {"", "tls.key", &all.tls.files.key, "a/key.pem"},
          {"", "tls.modules", &all.tls.modules}};
}

inline std::vector<Row> of_schema(schema_service::Settings& s) {
  return {
      {"", "schema.limits.connections_per_client_max", &s.connections_per_client_max},
      {"", "schema.state.connections_per_client_max", &s.state_connections_per_client_max},
      {"schema.advertise", "schema.advertise", &s.advertise},
      {"schema.health_listen", "schema.health_listen", &s.health_listen},
      {"schema.http_listen", "schema.http_listen", &s.http_listen},
      {"schema.listen", "schema.listen", &s.listen},
      {"schema.journal", "schema.journal.url", &s.journal, "memory:"},
      {"schema.retention_age", "schema.journal.retention_age", &s.retention_age_ms, "7ms"},
      {"schema.retention_commits", "schema.journal.retention_commits", &s.retention_commits},
      {"schema.snapshot_interval", "schema.journal.snapshot_interval", &s.snapshot_interval},
      {"schema.commands_max", "schema.limits.commands_max", &s.commands_max},
      {"schema.followers_max", "schema.limits.followers_max", &s.followers_max},
      {"schema.reads_max", "schema.limits.reads_max", &s.reads_max},
      {"schema.registrations_max", "schema.limits.registrations_max", &s.registrations_max},
      {"schema.waiting_max", "schema.limits.waiting_max", &s.waiting_max},
      {"schema.write_max", "schema.limits.write_time_max", &s.write_ms_max, "12345ms"},
      {"schema.lease", "schema.rollout.lease", &s.lease_ms, "12345ms"},
      {"schema.probe_interval", "schema.rollout.probe_interval", &s.probe_interval_ms, "12345ms"},
      {"schema.rollback_window", "schema.rollout.rollback_window", &s.rollback_window_ms,
       "12345ms"},
      {"schema.timeline", "schema.telemetry.timeline", &s.timeline},
      {"", "schema.limits.batch_bytes_max", &s.batch_bytes_max, "4321"},
      {"", "schema.limits.batch_commits_max", &s.batch_commits_max},
      {"", "schema.limits.first_message_time_max", &s.first_message_ms_max, "12345ms"},
      {"", "schema.limits.pinned_bytes_max", &s.pinned_bytes_max, "4321"},
      {"", "schema.limits.pinned_commits_max", &s.pinned_commits_max},
      {"", "schema.limits.ring_bytes_max", &s.ring_bytes_max, "4321"},
      {"", "schema.limits.ring_commits_max", &s.ring_commits_max},
      {"", "schema.secrets.keyring", &s.keyring, "a/keyring"},
      {"", "schema.secrets.kms", &s.kms, "unix:/a/socket"},
      {"", "schema.secrets.kms_timeout", &s.kms_ms_max, "12345ms"},
      {"", "schema.state.body_bytes_max", &s.state_body_bytes_max, "4321"},
      {"", "schema.state.connections_max", &s.state_connections_max},
      {"", "schema.state.open_max", &s.state_open_max},
      {"", "schema.state.quota_bytes_max", &s.state_quota_bytes_max, "4321"},
      {"", "schema.state.versions_max", &s.state_versions_max},
      {"", "schema.state.waiting_max", &s.state_waiting_max},
      {"", "schema.state.workspaces_max", &s.state_workspaces_max}};
}

inline std::vector<Row> of_routing(routing::Settings& s) {
  return {{"", "routing.limits.connections_per_client_max", &s.connections_per_client_max},
          {"routing.health_listen", "routing.health_listen", &s.health_listen},
          {"routing.listen", "routing.listen", &s.listen},
          {"routing.eject_failures", "routing.eject.failures", &s.eject_failures},
          {"routing.eject_max", "routing.eject.max", &s.eject_max_ms, "12345ms"},
          {"routing.eject_min", "routing.eject.min", &s.eject_min_ms, "12345ms"},
          {"routing.cache", "routing.follow.cache", &s.cache, "a/cache"},
          {"routing.instance", "routing.follow.instance", &s.instance, "a-name"},
          {"routing.schema", "routing.follow.schema", &s.schema},
          {"routing.attempts_max", "routing.limits.attempts_max", &s.attempts_max},
          {"routing.calls_max", "routing.limits.calls_max", &s.calls_max},
          {"routing.deadline_default", "routing.limits.deadline_default", &s.deadline_default_ms,
           "12345ms"},
          {"routing.deadline_max", "routing.limits.deadline_max", &s.deadline_max_ms, "12345ms"},
          {"routing.message_bytes_max", "routing.limits.message_bytes_max", &s.message_bytes_max,
           "4321"},
          {"routing.waiting_max", "routing.limits.waiting_max", &s.waiting_max},
          {"routing.timeline_events_max", "routing.telemetry.events_max", &s.timeline_events_max},
          {"routing.timeline", "routing.telemetry.timeline", &s.timeline}};
}

inline std::vector<Row> of_ingress(ingress::Settings& s) {
  return {
      {"", "ingress.limits.connections_per_client_max", &s.connections_per_client_max},
      {"ingress.health_listen", "ingress.health_listen", &s.health_listen},
      {"ingress.http_listen", "ingress.http_listen", &s.http_listen},
      {"ingress.routing", "ingress.routing", &s.routing},
      {"ingress.threads", "ingress.threads", &s.threads},
      {"ingress.cors_credentials", "ingress.cors.credentials", &s.cors.credentials},
      {"ingress.cors_headers", "ingress.cors.headers", &s.cors.headers, "x-a"},
      {"ingress.cors_max_age", "ingress.cors.max_age", &s.cors.max_age_ms, "12345ms"},
      {"ingress.cors_origins", "ingress.cors.origins", &s.cors.origins, "https://a"},
      {"ingress.cache", "ingress.follow.cache", &s.cache, "a/cache"},
      {"ingress.instance", "ingress.follow.instance", &s.instance, "a-name"},
      {"ingress.schema", "ingress.follow.schema", &s.schema},
      {"ingress.body_bytes_max", "ingress.limits.body_bytes_max", &s.body_bytes_max},
      {"ingress.connections_max", "ingress.limits.connections_max", &s.connections_max},
      {"ingress.header_bytes_max", "ingress.limits.header_bytes_max", &s.header_bytes_max, "4321"},
      {"ingress.idle_timeout", "ingress.limits.idle_timeout", &s.idle_timeout_ms, "12345ms"},
      {"ingress.pipelined_max", "ingress.limits.pipelined_max", &s.pipelined_max},
      {"ingress.read_timeout", "ingress.limits.read_timeout", &s.read_timeout_ms, "12345ms"},
      {"ingress.stop_timeout", "ingress.limits.stop_timeout", &s.stop_timeout_ms, "7ms"},
      {"ingress.timeout", "ingress.limits.timeout", &s.timeout_ms, "12345ms"},
      {"ingress.waiting_max", "ingress.limits.waiting_max", &s.waiting_max},
      {"ingress.write_timeout", "ingress.limits.write_timeout", &s.write_timeout_ms, "12345ms"},
      {"ingress.timeline_events_max", "ingress.telemetry.events_max", &s.timeline_events_max},
      {"ingress.timeline", "ingress.telemetry.timeline", &s.timeline}};
}

inline std::vector<Row> of_console(console::Settings& s) {
  return {
      {"", "console.limits.connections_per_client_max", &s.connections_per_client_max},
      {"console.health_listen", "console.health_listen", &s.health_listen},
      {"console.hosts", "console.hosts", &s.hosts, "console.example.org"},
      {"console.http_listen", "console.http_listen", &s.http_listen},
      {"console.timeline", "console.timeline", &s.timeline},
      {"console.cache", "console.follow.cache", &s.cache, "a/cache"},
      {"console.instance", "console.follow.instance", &s.instance, "a-name"},
      {"console.schema", "console.follow.schema", &s.schema},
      {"console.activity_events_max", "console.limits.activity_events_max", &s.activity_events_max},
      {"console.changesets_max", "console.limits.changesets_max", &s.changesets_max},
      {"console.connections_max", "console.limits.connections_max", &s.connections_max},
      {"console.stream_bytes_max", "console.limits.stream_bytes_max", &s.stream_bytes_max, "70001"},
      {"console.streams_max", "console.limits.streams_max", &s.streams_max}};
}

inline std::vector<Row> of_timeline(timeline::Settings& s) {
  return {
      {"", "timeline.limits.connections_per_client_max", &s.connections_per_client_max},
      {"", "timeline.audit", &s.audit, "an/audit.db"},
      {"", "timeline.limits.audit_events_max", &s.audit_events_max},
      {"", "timeline.limits.audit_bytes_max", &s.audit_bytes_max, "54321"},
      {"timeline.health_listen", "timeline.health_listen", &s.health_listen},
      {"timeline.listen", "timeline.listen", &s.listen},
      {"timeline.instance", "timeline.follow.instance", &s.instance, "a-name"},
      {"timeline.schema", "timeline.follow.schema", &s.schema},
      {"timeline.bytes_max", "timeline.limits.bytes_max", &s.bytes_max, "4321"},
      {"timeline.event_bytes_max", "timeline.limits.event_bytes_max", &s.event_bytes_max, "4321"},
      {"timeline.events_max", "timeline.limits.events_max", &s.events_max},
      {"timeline.streams_max", "timeline.limits.streams_max", &s.streams_max}};
}

inline std::vector<Row> rows_of(cli::AllSettings& all) {
  std::vector<Row> rows = of_all(all);
  for (const auto& some : {of_schema(all.schema), of_routing(all.routing), of_ingress(all.ingress),
                           of_console(all.console), of_timeline(all.timeline)})
    rows.insert(rows.end(), some.begin(), some.end());
  return rows;
}

}  // namespace millrace::test
