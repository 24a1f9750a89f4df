// What can be set of the schema service, with defaults. Filled by main (or `millrace serve`) before
// anything starts. Times in milliseconds.
#pragma once

#include <cstdint>
#include <string>

#include "settings/settings.hpp"

namespace millrace::schema_service {

struct Settings {
  std::string data = ".millrace";  // the setting `data` of the whole process
  std::string listen = "127.0.0.1:8892";
  std::string http_listen = "127.0.0.1:8896";  // the state protocol: docs/http-state.md
  std::string health_listen = "127.0.0.1:9892";
  std::string advertise;  // where the other replicas reach it; empty: where it listens
  std::string timeline = "127.0.0.1:8894";  // empty: what it warns of is not told
  std::string journal;                      // empty: sqlite in the data folder
  std::string keyring;  // empty: DATA/keyring where only this machine is listened to, else none
  std::string kms;      // unix:PATH of a KMS plugin; empty: the keyring's keys seal
  std::int64_t kms_ms_max = 3'000;
  std::int64_t snapshot_interval = 10'000;
  std::int64_t retention_commits = 0;
  std::int64_t retention_age_ms = 0;
  std::int64_t lease_ms = 10'000;
  std::int64_t rollback_window_ms = 600'000;
  std::int64_t probe_interval_ms = 2'000;
  std::int64_t write_ms_max = 10'000;
  std::int64_t commands_max = 4'096;
  std::int64_t followers_max = 4'096;
  std::int64_t registrations_max = 10'000;
  std::int64_t connections_per_client_max = 0;  // 0: three quarters, see docs/decisions/0178
  std::int64_t first_message_ms_max = 10'000;
  std::int64_t ring_commits_max = 8'192;
  std::int64_t ring_bytes_max = std::int64_t{64} << 20;
  std::int64_t pinned_commits_max = 65'536;
  std::int64_t pinned_bytes_max = std::int64_t{256} << 20;
  std::int64_t batch_commits_max = 1'024;
  std::int64_t batch_bytes_max = 1 << 20;
  std::int64_t reads_max = 256;
  std::int64_t waiting_max = 256;  // as reads_max: all may go on at once
  std::int64_t state_body_bytes_max = std::int64_t{64} << 20;
  std::int64_t state_connections_max = 256;
  std::int64_t state_connections_per_client_max = 0;
  std::int64_t state_open_max = 64;
  std::int64_t state_quota_bytes_max = std::int64_t{512} << 20;
  std::int64_t state_versions_max = 50;
  std::int64_t state_waiting_max = 64;
  std::int64_t state_workspaces_max = 1'000;
};

void describe(settings::Fields& fields, Settings& settings);

// Whether the replicas that share a journal can tell each other where this one is reached.
// FailedPrecondition where it listens everywhere and does not say.
statekit::Status check_advertised(const Settings& settings);

// True where the service listens to this machine alone.
bool listens_on_loopback(const Settings& settings);

// Where the commits live: `journal`, or DATA/schema/journal.db.
std::string journal_url(const Settings& settings);

}  // namespace millrace::schema_service
