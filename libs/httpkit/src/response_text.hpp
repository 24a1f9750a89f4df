// A response as octets (RFC 9112), and nothing a handler put into a header can break out of it.
// Pure but for the Date line, which is handed in.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "httpkit/message.hpp"

namespace millrace::httpkit {

struct Framing {
  bool keep_alive = true;
  bool http_1_0 = false;
  bool chunked = false;      // a stream: the body follows in chunks
  bool until_close = false;  // a stream for HTTP/1.0: the body ends with the connection
};

// The status line and the header fields, with the empty line.
std::string head_text(const Response& response, const Framing& framing, std::string_view date);

// For the Date line; it changes once a second, so each thread keeps the last one.
const std::string& date_text(std::time_t now);

// False for what never carries one: 1xx, 204 and 304, and any answer to HEAD.
bool carries_body(int status, bool head);

std::string chunk_text(
    std::string_view octets);  // empty for no octets: a chunk of none ends a body

}  // namespace millrace::httpkit
