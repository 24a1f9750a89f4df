// Builders for journal tests: commits that close the digest chain, and whole journals of them.
// Values, free of threads.
#pragma once

#include <string>
#include <vector>

#include "statekit/envelope.hpp"
#include "statekit/journal.hpp"

namespace millrace::test {

inline const statekit::Incarnation incarnation_a = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
inline const statekit::Incarnation incarnation_b = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf";

// One commit with a single event of these bytes.
inline statekit::Bytes commit_of(statekit::Bytes event) {
  return statekit::encode({"header", {{std::move(event), false, {}}}});
}

inline statekit::Entry entry_after(statekit::Revision last, const statekit::Digest& digest,
                                   statekit::Bytes commit) {
  const statekit::Result<statekit::Digest> next = statekit::chain(digest, last + 1, commit);
  return {last + 1, std::move(commit), next ? *next : statekit::Digest{}};
}

// `count` commits that continue (last, digest), each saying who wrote it and its revision.
inline std::vector<statekit::Entry> entries_after(statekit::Revision last, statekit::Digest digest,
                                                  std::size_t count,
                                                  const std::string& who = "test") {
  std::vector<statekit::Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back(entry_after(last, digest, commit_of(who + " " + std::to_string(last + 1))));
    digest = entries.back().digest;
    ++last;
  }
  return entries;
}

inline std::vector<statekit::Entry> entries_after(const statekit::Head& head, std::size_t count,
                                                  const std::string& who = "test") {
  return entries_after(head.last, head.digest, count, who);
}

// A snapshot source over parts in memory.
inline statekit::SnapshotSource source_of(statekit::Revision revision,
                                          const statekit::Digest& digest,
                                          std::vector<statekit::Bytes> parts) {
  return {revision, digest,
          [parts = std::move(parts),
           next = std::size_t{0}]() mutable -> std::optional<statekit::Bytes> {
            if (next == parts.size()) return std::nullopt;
            return parts[next++];
          }};
}

}  // namespace millrace::test
