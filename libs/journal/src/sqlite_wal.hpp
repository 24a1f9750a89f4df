// Looks for damage inside a write-ahead log that a crash left behind. SQLite ends such a log at its
// first bad frame without a word, since a torn last transaction looks the same; but transactions
// after the bad one show that it had been synced, so that commits would be lost. Used by the SQLite
// driver only. Free of threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

// The number of the frame, from 1, at which a log is damaged, 0 for its header; nullopt when
// nothing speaks for damage. The format: https://sqlite.org/fileformat2.html#walformat
std::optional<std::size_t> damaged_frame(statekit::BytesView log);

// The log of the store at `path`, if there is one. Other processes may be writing to it.
statekit::JournalResult<void> check_log(const std::string& path);

}  // namespace millrace::journal
