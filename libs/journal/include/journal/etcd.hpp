// The etcd driver: a journal in an etcd cluster, which any number of processes on any number of
// machines may open. Called by journal/open.hpp, the storage commands and tests. Thread safe.
// Milliseconds. Errors: JournalError, each naming the endpoint and what to do. The layout of the
// keys is described in docs/journal.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "statekit/journal.hpp"

namespace millrace::journal {

inline constexpr int etcd_format = 1;  // in the record /<workspace>/format

struct EtcdAddress {
  std::vector<std::string> endpoints;  // host:port, tried in turn
  std::string workspace;               // every key begins with /<workspace>/
  std::string user;                    // empty: none
  std::string password_file;           // its first line is the password
  bool tls = false;
  std::string ca_file;  // with tls; empty: what the system trusts
  std::string cert_file, key_file;
  std::uint64_t quota_bytes = 2'147'483'648;  // what etcd was started with; this is its default
};

// etcd://HOST:PORT[,HOST:PORT...]/WORKSPACE[?user=NAME&password-file=FILE&tls=on&ca=FILE&cert=FILE
// &key=FILE&quota=BYTES]. InvalidArgument says which part is wrong.
statekit::Result<EtcdAddress> parse_etcd_url(const std::string& url);

struct EtcdTuning {
  int connect_ms_max = 1'000;  // for one endpoint
  int attempt_ms_max = 3'000;  // for one request to one endpoint
  int call_ms_max = 5'000;     // for a call that has no deadline of its own
  int poll_ms = 1'000;         // how often `wait` looks by itself, should the watch stay silent
  int upkeep_ms = 30'000;      // how often etcd's size and alarms are looked at
};

// A handle, to be opened.
std::unique_ptr<statekit::Journal> make_etcd_journal(EtcdAddress address, EtcdTuning tuning = {});

// After an operator has decided that a journal which went back counts as it is: it gets a new
// incarnation, so that whoever knew it further on begins anew. `unavailable` while schema services
// use it.
statekit::JournalResult<statekit::Head> accept_etcd_rewind(const EtcdAddress& address,
                                                           const statekit::Incarnation& incarnation,
                                                           const EtcdTuning& tuning = {});

}  // namespace millrace::journal
