// What holds on every driver, so that no two of them judge a call differently: limits, contiguity,
// the digest chain, and when a snapshot may be stored. Called by the drivers only. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

inline tl::unexpected<statekit::JournalError> refuse(statekit::JournalFault fault,
                                                     std::string message,
                                                     std::optional<statekit::Head> head = {},
                                                     statekit::Revision revision = 0) {
  return tl::unexpected<statekit::JournalError>(
      statekit::JournalError{fault, std::move(message), std::move(head), revision});
}

// The incarnation that a new store would get: 32 lower-case hex digits, else `invalid`.
statekit::JournalResult<void> check_incarnation(const statekit::Incarnation& incarnation);

// Without looking at the store: not empty, within the limits, numbered without a gap.
statekit::JournalResult<void> check_batch(statekit::Revision expected_last,
                                          std::span<const statekit::Entry> entries);

// Against the head, which must be read where nobody can change it before the write: `conflict`
// when it is not at expected_last, `invalid` when the digests do not continue the head's.
statekit::JournalResult<void> check_append(const statekit::Head& head,
                                           statekit::Revision expected_last,
                                           std::span<const statekit::Entry> entries);

// Whether a snapshot may be stored under this head. `digest_there` is the journal's digest at its
// revision, null when the journal does not hold it. An empty store takes any snapshot as its
// beginning: that is how a backup is restored.
statekit::JournalResult<void> check_snapshot(const statekit::Head& head,
                                             statekit::Revision revision,
                                             const statekit::Digest& digest,
                                             const statekit::Digest* digest_there);

statekit::JournalResult<void> check_part(statekit::BytesView part);

// A store that is being filled says so by its format's number, which is so much higher: a program
// that does not know of this refuses it as it refuses a newer format.
inline constexpr int filling_format = 1'000'000;
tl::unexpected<statekit::JournalError> refuse_half(const std::string& where);
// Whether a store that has no such mark may be filled under these options, else `invalid`.
statekit::JournalResult<void> check_fill(const statekit::Head& head,
                                         const statekit::JournalOptions& options,
                                         const std::string& where);
// What such a store begins as.
statekit::Head head_to_fill(statekit::Head head, const statekit::JournalOptions& options);

statekit::JournalResult<void> check_readable(const statekit::Head& head, statekit::Revision after);

}  // namespace millrace::journal
