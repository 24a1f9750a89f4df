// What the services answer, as plain values: what commands print and decide on. Made by the clients
// in this folder, turned into JSON by cli/json.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/change.hpp"
#include "seal/clear_text.hpp"
#include "statekit/types.hpp"

namespace millrace::cli {

struct Pong {
  bool ready = false;
  std::vector<std::string> reasons;  // why not
  std::string version;
};

struct FollowerReport {
  std::string kind;
  std::string instance;
  statekit::Revision revision = 0;
  std::uint64_t lag = 0;
  std::int64_t seen_ms_ago = 0;
  bool live = false;
  bool diverged = false;
};

struct ReplicaReport {
  std::string id;
  std::string address;
  statekit::Revision revision = 0;
  bool writer = false;
  bool asked = false;
  std::uint32_t endpoints = 0;
  std::uint32_t followers = 0;
  std::int64_t since_ms = 0;  // 0: it does not tell
  std::string state;          // "ready", "not-ready", "unknown": it was not heard lately
  std::vector<std::string> reasons;
};

struct StatusReport {
  statekit::Position head;
  std::vector<FollowerReport> followers;
  std::string version;
  std::uint32_t feature_level = 0;
  std::string storage;
  statekit::Revision snapshot_revision = 0;
  statekit::Revision oldest_revision = 0;
  bool ready = false;
  std::vector<std::string> reasons;
  std::vector<std::string> warnings;
  std::vector<ReplicaReport> replicas;
};

struct DeploymentsReport {
  std::vector<schema::Deployment> deployments;
  std::vector<schema::Endpoint> endpoints;
  statekit::Position position;
};

struct HistoryEntry {
  statekit::Revision revision = 0;
  std::int64_t time_ms = 0;
  std::string author;
  std::string reason;
  std::vector<std::string> changes;
  std::vector<std::string> modules;
};

struct HistoryFilter {
  std::string module;
  std::string author;
  std::int64_t since_ms = 0;      // of the wall clock; 0: all
  statekit::Revision before = 0;  // 0: from the newest
  std::uint32_t limit = 20;
};

struct HistoryReport {
  std::vector<HistoryEntry> entries;  // newest first
  statekit::Position position;
  statekit::Revision next_before = 0;  // where it goes on; 0: there is no more
  statekit::Revision oldest = 1;       // commits before it are no longer kept
  bool cut = false;                    // it ends at `oldest`, and there was something before
};

struct ChangesetReport {
  schema::Changeset changeset;
  std::vector<FollowerReport> followers;
  statekit::Position position;
};

struct ChangesetList {
  std::vector<schema::Changeset> changesets;  // newest first
  statekit::Position position;
};

struct SchemaReport {
  schema::Schema schema;
  statekit::Position position;
  std::string json;  // protobuf's JSON of the schema, with proto field names
};

// Who writes, and why.
struct Write {
  std::string author;
  std::string reason;
  std::string token;  // the same for a retry
};

struct ModuleOrder {
  schema::Module module;
  std::string build;
  std::uint32_t replicas = 1;
  std::string fixed_endpoint;
};

// What deploys and rollbacks say of the changeset that they ask for.
struct ChangesetOrder {
  Write write;
  bool hold = false;
  std::uint32_t canary_percent = 0;
  std::int64_t deadline_ms = 0;   // 0: the service's default
  std::int64_t drain_ms_max = 0;  // likewise
  bool allow_breaking = false;
  std::vector<std::string> accepted_breaks;  // with allow_breaking; none: all that there are
  bool plan = false;                         // only say what it would do
};

struct DeployOrder : ChangesetOrder {
  std::vector<ModuleOrder> modules;
  std::vector<std::string> removed_modules;
  bool redeploy = false;
};

struct RollbackOrder : ChangesetOrder {
  statekit::Revision revision = 0;
};

// What is different for callers, and who of those deployed meets it.
struct PlannedChange {
  struct Hit {
    std::string kind;
    std::string caller;
    std::string used;
    bool breaks = false;
    bool operator==(const Hit&) const = default;
  };
  std::string place;
  std::string kind;
  std::string direction;
  bool breaking = false;
  std::string rule;
  std::string before;
  std::string after;
  std::string what;
  std::string why;
  std::vector<Hit> hits;
  bool operator==(const PlannedChange&) const = default;
};

struct DeployAnswer {
  struct Deployed {
    std::string module;
    std::string deployment;
    bool joined = false;
  };
  std::string changeset;  // empty: a plan, or nothing to change
  std::vector<Deployed> deployments;
  std::vector<std::string> plan;
  statekit::Position position;
  std::vector<PlannedChange> changes = {};  // of a plan
  std::vector<std::string> breaks = {};     // likewise: who would be broken by what
};

struct ConfigChange {
  std::string module;  // empty: for each module that declares the name and has no value of its own
  std::string name;
  std::optional<std::string> json;  // none: unset
  bool operator==(const ConfigChange&) const = default;
};

struct ConfigOrder {
  Write write;
  std::vector<ConfigChange> changes;
  std::optional<statekit::Revision> if_revision;
  bool plan = false;
};

struct ConfigAnswer {
  std::vector<std::string> plan;
  statekit::Position position;
};

struct ConfigEntry {
  std::string module;  // empty: a value for all
  std::string name;
  std::string type;  // empty: nobody who is deployed declares it
  std::optional<std::string> json;
  bool from_global = false;
  std::string problem;  // why the module is not given this value
  statekit::Revision revision = 0;
  std::string author;
  std::int64_t time_ms = 0;
  std::vector<std::string> used_by = {};
};

struct ConfigReport {
  std::vector<ConfigEntry> entries;
  statekit::Position position;
};

// What a deployment is given.
struct ContextValue {
  std::string name;
  std::optional<std::string> json;
  std::string problem;
};
struct ContextReport {
  std::vector<ContextValue> configs;
  statekit::Position position;
};

// A secret to set, in clear, or to unset.
struct SecretChange {
  std::string module;
  std::string name;
  std::optional<seal::ClearText> json;
};
struct SecretOrder {
  Write write;
  std::vector<SecretChange> changes;
  std::optional<statekit::Revision> if_revision = {};
  bool plan = false;
};
// One that was asked for, in clear.
struct SeenSecret {
  std::string module;
  std::string name;
  seal::ClearText json;
  statekit::Revision version = 0;
  bool from_global = false;
};

struct SecretEntry {
  std::string module;
  std::string name;
  std::string type;
  bool set = false;
  bool from_global = false;
  statekit::Revision version = 0;
  std::string fingerprint;
  std::string key_id;
  std::string author;
  std::int64_t time_ms = 0;
  std::vector<std::string> used_by = {};
};
struct SecretReport {
  std::vector<SecretEntry> entries;
  statekit::Position position;
};

struct RotateOrder {
  Write write;
  bool new_key = false;
  bool forget = false;
};
struct RotateReport {
  std::string active_key;
  std::uint64_t rewrapped = 0;
  std::map<std::string, std::uint64_t> needed;
  std::vector<std::string> forgotten;
  std::vector<std::string> failures;
  statekit::Position position;
};

using MetadataPairs = std::vector<std::pair<std::string, std::string>>;

struct CallOrder {
  schema::Ref verb;
  std::string body;
  MetadataPairs metadata;
};

struct CallAnswer {
  bool failed = false;  // the verb itself said so: code, message, details
  std::string body;
  std::string code;
  std::string message;
  std::string details;
};

// An event of the timeline: its type, one line of what happened, and its fields by name.
struct TimelineEvent {
  std::uint64_t id = 0;
  std::int64_t time_ms = 0;
  std::string type;  // "call", "ingress", "log", "changeset", "deployment"
  std::string request_id;
  std::string traceparent;
  std::string subject;  // for people: the verb, the route, the source of a log line
  std::string outcome;  // for people: "ok", "200", "info", a phase
  std::string detail;   // for people
  std::int64_t duration_us = -1;
  std::map<std::string, std::string> fields;  // of a log line
  std::string message;                        // likewise
  std::string deployment;                     // whose line it is; empty: the platform's own
  std::string json;  // the whole event, with the field names of timeline.proto
};

struct TokenOrder {
  Write write;
  access::Token token;
  std::vector<access::RoleBinding> roles;
};
// A change that was made, something else that was done, or an attempt that was denied.
struct AuditEntry {
  std::int64_t time_ms = 0;
  std::string who;
  std::string what;
  std::string from;                 // of an attempt: the other end's address
  std::string why;                  // the reason of a change; why an attempt was denied
  statekit::Revision revision = 0;  // of a change; 0: it is of the timeline
  std::string left_out;             // attempts that were not told before this one
  bool done = false;                // it was, though there is no revision of it
  std::string event = {};           // of the timeline: "access.denied", "audit.secret-read", ...
  std::string modules = {};         // likewise: which it concerns, where that is known
  std::string lost_before = {};     // likewise: lines that its teller lost before it
};
// What the timeline no longer has of the audit, or may lose.
struct AuditKept {
  std::uint64_t done_gone = 0;  // so many made room, the newest of them of this time
  std::int64_t done_gone_ms = 0;
  std::uint64_t denied_gone = 0;
  std::int64_t denied_gone_ms = 0;
  std::string memory_only;  // why what is new is not on the disk; empty: it is
};
struct AuditReport {
  std::vector<AuditEntry> entries;  // newest first
  std::optional<AuditKept> kept;    // none: this timeline keeps no audit apart from all else
  bool more = false;                // older ones were found than are shown
  statekit::Revision cut = 0;       // the history begins here, and there was something before
};

struct AccessReport {
  std::vector<access::Token> tokens;  // without their hashes
  std::vector<access::Grant> grants;
  statekit::Position position;
};

struct TimelineFilter {
  std::vector<std::string> types;
  std::string module;
  std::string verb;
  std::string request_id;
  std::string level;  // "", "debug", "info", "warn", "error"
  std::int64_t since_ms = 0;
  std::int64_t until_ms = 0;
};

struct TimelinePage {
  std::vector<TimelineEvent> events;  // newest first
  std::uint64_t oldest_id = 0;
  std::uint64_t dropped = 0;
};
struct AuditPage {
  TimelinePage page;
  std::optional<AuditKept> kept;  // none: `page` is of everything, since the timeline is older
};

}  // namespace millrace::cli
