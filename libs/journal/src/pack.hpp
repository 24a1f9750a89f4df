// Octets made smaller, and given back as they were. What does not shrink is kept as it is. Used by
// the SQLite driver, from its second generation on. Free of threads. The format: one octet, 0 for
// octets as they are, 1 for one Zstandard frame (RFC 8878) that says its size.
#pragma once

#include <cstddef>
#include <optional>

#include "statekit/types.hpp"

namespace millrace::journal {

statekit::Bytes pack(statekit::BytesView octets);
// nullopt: damaged, or more than `max` octets.
std::optional<statekit::Bytes> unpack(statekit::BytesView packed, std::size_t max);

}  // namespace millrace::journal
