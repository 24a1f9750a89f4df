// A run of commits as one packed row of generation 2: encoded, sealed, and given back octet for
// octet. Used by the SQLite driver only. Free of threads.
#pragma once

#include <vector>

#include "statekit/journal.hpp"

namespace millrace::journal {

// Of the commits in one block, before they are packed.
inline constexpr std::size_t block_bytes_max = 1'000'000;

struct Block {
  statekit::Revision first = 0;
  statekit::Digest before;  // at first - 1
  std::vector<statekit::Entry> entries;
  statekit::Revision last() const { return first + entries.size() - 1; }
};

// Each commit after its length in four octets, low first, all packed (pack.hpp). The digests follow
// from the one before.
statekit::Bytes encode_block(const Block& block);

// Fills `block`, whose `first` and `before` are given. An error names the first bad revision.
statekit::JournalResult<void> decode_block(statekit::BytesView octets, statekit::Revision last,
                                           const statekit::Digest& digest, Block& block);

// Binds everything in the row.
statekit::Digest block_seal(statekit::Revision first, statekit::Revision last,
                            statekit::BytesView before, statekit::BytesView digest,
                            statekit::BytesView octets);

}  // namespace millrace::journal
