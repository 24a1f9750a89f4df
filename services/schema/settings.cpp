#include "services/schema/settings.hpp"

#include "journal/open.hpp"
#include "seal/kms.hpp"
#include "settings/target.hpp"

namespace millrace::schema_service {

namespace {

void describe_feed(settings::Fields& fields, Settings& settings) {
  constexpr std::int64_t bytes_longest = std::int64_t{1} << 40;
  fields.integer("schema.ring_commits_max", settings.ring_commits_max, 1, 100'000'000,
                 "newest commits kept in memory for followers; older ones come from the journal");
  fields.integer("schema.ring_bytes_max", settings.ring_bytes_max, 1'024, bytes_longest,
                 "their bytes");
  fields.integer("schema.pinned_commits_max", settings.pinned_commits_max, 1, 100'000'000,
                 "the same while followers load a snapshot: what comes after it is kept for them");
  fields.integer("schema.pinned_bytes_max", settings.pinned_bytes_max, 1'024, bytes_longest,
                 "their bytes");
  fields.integer("schema.batch_commits_max", settings.batch_commits_max, 1, 1'000'000,
                 "commits in one message to a follower");
  fields.integer("schema.batch_bytes_max", settings.batch_bytes_max, 1'024, 8 << 20,
                 "their bytes, but for a single commit that is larger");
}

void describe_state(settings::Fields& fields, Settings& settings) {
  constexpr std::int64_t bytes_longest = std::int64_t{1} << 40;
  fields.integer("schema.state_body_bytes_max", settings.state_body_bytes_max, 1'024,
                 std::int64_t{1} << 30, "bytes of one state that is put over HTTP");
  fields.integer("schema.state_connections_max", settings.state_connections_max, 1, 100'000,
                 "HTTP connections at one time; one more is refused");
  fields.integer("schema.state_connections_per_client_max",
                 settings.state_connections_per_client_max, 0, 1'000'000,
                 "those of one address; one more is 429; 0: three quarters of them, all for this "
                 "machine");
  fields.integer("schema.state_open_max", settings.state_open_max, 1, 10'000,
                 "workspaces whose journals are held open at one time");
  fields.integer("schema.state_quota_bytes_max", settings.state_quota_bytes_max, 1'024,
                 bytes_longest,
                 "bytes of all kept versions of one workspace; the oldest make room for a new one");
  fields.integer("schema.state_versions_max", settings.state_versions_max, 1, 1'000,
                 "versions that are kept of one workspace's state");
  fields.integer("schema.state_waiting_max", settings.state_waiting_max, 1, 100'000,
                 "HTTP requests that wait to be handled; one more is refused");
  fields.integer("schema.state_workspaces_max", settings.state_workspaces_max, 1, 100'000,
                 "workspaces; one more is refused");
}

// One that the service refuses at its start.
std::optional<settings::Objection> refused(const statekit::Error& error) {
  return settings::Objection{settings::Weight::refused, error.message};
}

void judge(settings::Fields& fields, const Settings& settings) {
  using settings::Objection;
  fields.judge("schema.listen", [&settings]() -> std::optional<Objection> {
    const std::string& url = settings.journal;
    if (!url.starts_with("etcd:") && !url.starts_with("mysql:")) return std::nullopt;
    const statekit::Status told = check_advertised(settings);
    return told ? std::nullopt : refused(told.error());
  });
  fields.judge("schema.advertise",
               settings::wanted_target(settings.advertise, "other replicas do not reach this one"));
  fields.judge("schema.journal", [&settings]() -> std::optional<Objection> {
    const auto handle = journal::open_journal(journal_url(settings));  // nothing is opened yet
    return handle ? std::nullopt : refused(handle.error());
  });
  fields.judge("schema.timeline", settings::wanted_target(
                                      settings.timeline, "what this service warns of is not told"));
  fields.judge("schema.kms", [&settings]() -> std::optional<Objection> {
    if (settings.kms.empty()) return std::nullopt;
    const auto socket = seal::kms_socket(settings.kms);
    if (socket) return std::nullopt;
    return Objection{settings::Weight::useless,
                     socket.error().message + "; until then no secret is sealed or opened"};
  });
}

}  // namespace

void describe(settings::Fields& fields, Settings& settings) {
  fields.address("schema.listen", settings.listen, "where the schema service answers gRPC");
  fields.text("schema.advertise", settings.advertise,
              "HOST:PORT where other replicas of this service reach it; empty: schema.listen");
  fields.address("schema.http_listen", settings.http_listen,
                 "where it keeps states over HTTP, for Terraform, OpenTofu and others");
  fields.address("schema.health_listen", settings.health_listen,
                 "where its health page and metrics are served over HTTP");
  fields.text("schema.journal", settings.journal,
              "where commits are stored, as sqlite:PATH, etcd://HOST:PORT,.../WORKSPACE, "
              "mysql://HOST:PORT/DATABASE/WORKSPACE, http://HOST:PORT/v1/workspaces/NAME or "
              "memory:; empty: DATA/schema/journal.db");
  fields.text("schema.timeline", settings.timeline,
              "the timeline that is told what this service warns of; empty: none");
  fields.text(
      "schema.keyring", settings.keyring,
      "file with the keys that secrets are sealed by, of mode 0600; empty: DATA/keyring, made "
      "at the first secret, where schema.listen is a loopback address");
  fields.text(
      "schema.kms", settings.kms,
      "unix:PATH of a KMS plugin (the protocol of Kubernetes, v2) that holds the keys; empty: "
      "those of the keyring seal");
  fields.duration("schema.kms_timeout", settings.kms_ms_max, 50, 60'000,
                  "how long the plugin may take for one call");
  fields.integer(
      "schema.snapshot_interval", settings.snapshot_interval, 1, 10'000'000,
      "commits from one stored snapshot to the next, at least; ten times as many at most while "
      "they are smaller than a snapshot");
  fields.integer("schema.retention_commits", settings.retention_commits, 0, INT64_MAX,
                 "older commits than so many may be dropped; 0: only age decides");
  fields.duration("schema.retention_age", settings.retention_age_ms, 0, 3650LL * 86'400'000,
                  "commits older than this may be dropped; 0: only their number decides");
  fields.duration("schema.lease", settings.lease_ms, 500, 3'600'000,
                  "how long an endpoint may be silent before it is taken out");
  fields.duration("schema.rollback_window", settings.rollback_window_ms, 0, 7 * 86'400'000,
                  "how long a replaced or failed deployment is kept");
  fields.duration("schema.probe_interval", settings.probe_interval_ms, 50, 600'000,
                  "time between two probes of a fixed endpoint");
  fields.duration("schema.write_max", settings.write_ms_max, 100, 600'000,
                  "how long a write may wait for its answer when the caller sets no deadline");
  fields.integer("schema.commands_max", settings.commands_max, 1, 1'000'000,
                 "writes that wait to be decided; one more is refused");
  fields.integer("schema.followers_max", settings.followers_max, 1, 1'000'000,
                 "followers of the feed at one time; one more is refused");
  fields.integer("schema.registrations_max", settings.registrations_max, 1, 1'000'000,
                 "endpoints registered at one time; one more is refused");
  fields.integer("schema.connections_per_client_max", settings.connections_per_client_max, 0,
                 1'000'000,
                 "gRPC connections of one address; one more is closed; 0: three quarters of 10,000 "
                 "for the process, all for this machine");
  fields.duration("schema.first_message_max", settings.first_message_ms_max, 10, 600'000,
                  "how long a follower or endpoint may be connected and not say who it is");
  describe_feed(fields, settings);
  fields.integer("schema.reads_max", settings.reads_max, 1, 100'000,
                 "reads of past revisions that wait; one more is refused");
  fields.integer("schema.waiting_max", settings.waiting_max, 1, 100'000,
                 "reads that wait for a revision to come; one more is refused");
  describe_state(fields, settings);
  judge(fields, settings);
}

statekit::Status check_advertised(const Settings& settings) {
  const std::string host = settings.listen.substr(0, settings.listen.rfind(':'));
  const bool anywhere = host == "0.0.0.0" || host == "[::]" || host.empty();
  if (!anywhere || !settings.advertise.empty()) return {};
  return statekit::fail(
      statekit::Code::failed_precondition,
      "schema.listen = " + settings.listen +
          " says where this service listens, not where the others on this journal reach "
          "it: set schema.advertise to HOST:PORT of this machine, as the others see it");
}

bool listens_on_loopback(const Settings& settings) {
  const std::string& at = settings.listen;
  return at.starts_with("127.") || at.starts_with("localhost:") || at.starts_with("[::1]:");
}

std::string journal_url(const Settings& settings) {
  if (!settings.journal.empty()) return settings.journal;
  return journal::embedded_journal(settings.data);
}

}  // namespace millrace::schema_service
