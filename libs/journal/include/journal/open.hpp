// How a program is told which journal to use: by one line of text. Called by the schema service and
// the storage commands. Free of threads.
//   sqlite:PATH, or just PATH    one file on this machine
//   etcd://HOST:PORT,HOST:PORT/WORKSPACE?...    a cluster; see journal/etcd.hpp
//   memory:                      gone when the program ends; for tests and trials
#pragma once

#include <memory>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

// A handle, to be opened. InvalidArgument for a scheme that no driver has, naming those there are.
statekit::Result<std::unique_ptr<statekit::Journal>> open_journal(const std::string& url);

}  // namespace millrace::journal
