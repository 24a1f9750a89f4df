// What the journal protocol answers, as HTTP. Pure functions, for the service of journals.
#pragma once

#include "httpkit/message.hpp"
#include "statekit/journal.hpp"

namespace millrace::workspace {

// The head as JSON with its ETag.
httpkit::Response head_answer(int status, const statekit::Head& head, bool filling = false);
// 412 and 410 with the head as it is; else a problem that names the fault.
httpkit::Response fault_answer(const statekit::JournalError& error);

}  // namespace millrace::workspace
