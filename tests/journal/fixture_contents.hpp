// What the frozen store of each generation holds, for who makes it and for who reads it. It may not
// change: the files are checked in. Values, free of threads.
#pragma once

#include <string>
#include <vector>

#include "support/commits.hpp"

namespace millrace::test {

inline const statekit::Incarnation fixture_incarnation = "0123456789abcdef0123456789abcdef";
inline constexpr statekit::Revision fixture_last = 30;
inline constexpr statekit::Revision fixture_compacted = 10;
inline constexpr statekit::Revision fixture_snapshot = 20;

// Short and long, text and binary, with several events and with none.
inline std::vector<statekit::Entry> fixture_entries() {
  std::vector<statekit::Entry> entries;
  statekit::Digest digest;
  for (statekit::Revision last = 0; last < fixture_last; ++last) {
    statekit::Envelope envelope{"header " + std::to_string(last + 1), {}};
    for (statekit::Revision i = 0; i < last % 3; ++i)
      envelope.events.push_back({statekit::Bytes(i * 700, static_cast<char>(last)), false, {}});
    if (last % 7 == 0) envelope.events.push_back({{}, true, statekit::sha256("hidden")});
    entries.push_back(entry_after(last, digest, statekit::encode(envelope)));
    digest = entries.back().digest;
  }
  return entries;
}

inline std::vector<statekit::Bytes> fixture_parts(statekit::Revision revision) {
  return {"state at " + std::to_string(revision), statekit::Bytes(3000, '\1'), ""};
}

}  // namespace millrace::test
