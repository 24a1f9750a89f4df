// The http driver: a journal kept by any server that speaks the journal protocol
// (docs/http-journal.md), ours or another's. Called by journal/open.hpp, the storage commands and
// tests. Thread safe. Milliseconds. Errors: JournalError, each naming the server and what to do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

struct HttpAddress {
  std::string host, port;
  std::string path;  // of the workspace: /v1/workspaces/NAME
  bool tls = false;
  std::string ca_file = {};  // with tls; empty: what the system trusts
  std::string cert_file = {}, key_file = {};
  std::string token_file = {};  // mode 0600, one line: a bearer's token; empty: none is shown
  bool operator==(const HttpAddress&) const = default;
};

// http://HOST:PORT/v1/workspaces/NAME[?token-file=FILE], or https:// and besides ca=FILE,
// cert=FILE, key=FILE. A token in clear goes to this machine only. InvalidArgument says which part
// is wrong.
statekit::Result<HttpAddress> parse_http_url(const std::string& url);

struct HttpTuning {
  int connect_ms_max = 1'000;
  int call_ms_max = 10'000;  // for a call that has no deadline of its own
  int poll_ms_max = 10'000;  // how long the server is asked to wait before it answers
  int retry_ms = 200;        // between two attempts of `wait` while nothing can be reached
  int connections_max = 8;   // kept open while nobody uses them
  std::uint64_t snapshot_bytes_max = std::uint64_t{4} << 30;  // of one that is loaded
};

// A handle, to be opened.
std::unique_ptr<statekit::Journal> make_http_journal(HttpAddress address, HttpTuning tuning = {});

}  // namespace millrace::journal
