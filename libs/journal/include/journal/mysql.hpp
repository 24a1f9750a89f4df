// The mysql driver: a journal in a database of MariaDB or TiDB, which any number of processes on
// any number of machines may open. Called by journal/open.hpp, the storage commands and tests.
// Thread safe. Milliseconds. Errors: JournalError, each naming the server and what to do. The
// tables are described in docs/journal.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "statekit/journal.hpp"

namespace millrace::journal {

inline constexpr int mysql_format = 1;  // in the row of a workspace in millrace_journal

struct MysqlAddress {
  std::vector<std::string> endpoints;  // host:port, tried in turn
  std::string database;                // where the tables are
  std::string workspace;               // every row begins with it
  std::string user;                    // empty: none
  std::string password_file;           // its first line is the password
  bool tls = false;
  std::string ca_file;  // with tls; empty: what Debian trusts
  std::string cert_file, key_file;
};

// mysql://HOST:PORT[,HOST:PORT...]/DATABASE/WORKSPACE[?user=NAME&password-file=FILE&tls=on&ca=FILE
// &cert=FILE&key=FILE]. InvalidArgument says which part is wrong.
statekit::Result<MysqlAddress> parse_mysql_url(const std::string& url);

struct MysqlTuning {
  int connect_ms_max = 2'000;  // for one endpoint, in whole seconds
  int attempt_ms_max = 3'000;  // for one statement
  int call_ms_max = 5'000;     // for a call that has no deadline of its own
  int poll_ms = 100;           // how often `wait` looks whether somebody else appended
  int lock_ms_max = 2'000;     // how long a statement waits for another's row, in whole seconds
  int silent_ms_max = 5'000;   // whoever falls silent inside a transaction is thrown out after it
  int idle_ms_max = 30'000;    // a connection that nobody uses is closed
  int connections_max = 4;     // of one handle
};

// A handle, to be opened.
std::unique_ptr<statekit::Journal> make_mysql_journal(MysqlAddress address,
                                                      MysqlTuning tuning = {});

// After an operator has decided that a journal which went back counts as it is: it gets a new
// incarnation, so that whoever knew it further on begins anew. `unavailable` while schema services
// use it.
statekit::JournalResult<statekit::Head> accept_mysql_rewind(
    const MysqlAddress& address, const statekit::Incarnation& incarnation,
    const MysqlTuning& tuning = {});

}  // namespace millrace::journal
