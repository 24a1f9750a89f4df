#include "statekit/journal.hpp"

namespace millrace::statekit {

Error to_error(const JournalError& error) {
  switch (error.fault) {
    case JournalFault::conflict: return {Code::aborted, error.message, {}};
    case JournalFault::unknown: return {Code::unknown, error.message, {}};
    case JournalFault::unavailable: return {Code::unavailable, error.message, {}};
    case JournalFault::too_large: return {Code::resource_exhausted, error.message, {}};
    case JournalFault::corrupt: return {Code::data_loss, error.message, {}};
    case JournalFault::wrong_format: return {Code::failed_precondition, error.message, {}};
    case JournalFault::rewound: return {Code::failed_precondition, error.message, {}};
    case JournalFault::compacted: return {Code::out_of_range, error.message, {}};
    case JournalFault::invalid: return {Code::invalid_argument, error.message, {}};
    case JournalFault::half_filled: return {Code::failed_precondition, error.message, {}};
  }
  return {Code::internal, error.message, {}};
}

}  // namespace millrace::statekit
