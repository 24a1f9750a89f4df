// What a process that is killed half way appends, so that who kills it knows what must be there.
// Called by the crash cases and by the program journal_appender.
#pragma once

#include <vector>

#include "statekit/journal.hpp"

namespace millrace::contract {

// The batch that follows this head.
std::vector<statekit::Entry> nth_batch(const statekit::Head& head);

// Opens the journal, appends for ever, and writes each acknowledged revision into the pipe `acks`.
[[noreturn]] void append_until_killed(statekit::Journal& journal, int acks);

}  // namespace millrace::contract
