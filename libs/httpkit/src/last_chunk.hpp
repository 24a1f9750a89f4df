// What Beast 1.81 must not be shown of a chunked body (RFC 9112, section 7.1): where it has seen
// the size 0 of the last chunk without its end, it asserts that it has five octets the next time.
// Used by both parsers of this folder.
#pragma once

#include <string_view>

namespace millrace::httpkit {

// "0", "0\r", "0\r\n" or "0\r\n\r", or octets of a chunk that look so: at least five are still to
// come until the body ends, so they can wait.
inline bool is_part_of_last_chunk(std::string_view unread) {
  return unread.size() < 5 && !unread.empty() && unread.front() == '0';
}

}  // namespace millrace::httpkit
