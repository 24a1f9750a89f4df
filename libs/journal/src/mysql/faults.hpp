// What a server's or the client library's error means to whoever called, and what to do about it.
// Used by the client. Pure.
#pragma once

#include <string>

#include "session.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal::mysql {

// The transaction lost against another one and left nothing: the whole of it may be tried again.
bool lost_a_race(const Failure& failure);
// What a COMMIT that failed so has surely not stored anything.
bool surely_nothing(const Failure& failure);
// Nothing can be written until somebody sees to it.
bool stops_writes(const Failure& failure);
bool is_duplicate(const Failure& failure);
// The tables are not there.
bool is_no_table(const Failure& failure);

// For a call that has stored nothing.
statekit::JournalError to_error(const Failure& failure, const std::string& endpoint,
                                const MysqlAddress& address);

}  // namespace millrace::journal::mysql
