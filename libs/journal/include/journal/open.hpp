// How a program is told which journal to use: by one line of text. Called by the schema service and
// the storage commands. Free of threads.
//   sqlite:PATH, or just PATH    one file on this machine
//   etcd://HOST:PORT,HOST:PORT/WORKSPACE?...    a cluster; see journal/etcd.hpp
//   mysql://HOST:PORT/DATABASE/WORKSPACE?...    MariaDB or TiDB; see journal/mysql.hpp
//   http[s]://HOST:PORT/v1/workspaces/NAME?...  a server of the journal protocol; journal/http.hpp
//   memory:                      gone when the program ends; for tests and trials
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

// A handle, to be opened. InvalidArgument for a scheme that no driver has, naming those there are.
statekit::Result<std::unique_ptr<statekit::Journal>> open_journal(const std::string& url);

// The journal counts as it is from now on, with this new incarnation; nobody may use it.
statekit::JournalResult<statekit::Head> accept_rewind(const std::string& url,
                                                      const statekit::Incarnation& incarnation);

// The file of an address that names one on this machine; nullopt: it is kept elsewhere.
std::optional<std::string> sqlite_path(const std::string& url);

// False for memory: nothing of it is there when the program starts again.
bool outlives_process(const std::string& url);

// The address of the embedded store in a data folder.
std::string embedded_journal(const std::string& data_folder);

// Where a schema service with this data folder remembers how far its journal was.
std::string position_file(const std::string& data_folder);

}  // namespace millrace::journal
