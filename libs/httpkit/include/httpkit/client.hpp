// A small blocking HTTP/1.1 client: health probes, the command line, tests. One request, one
// connection.
#pragma once

#include <cstdint>
#include <string>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"

namespace millrace::httpkit {

// `url` is http://host:port/path?query. Bodies over 16 MiB are refused.
statekit::Result<Response> fetch(const std::string& method, const std::string& url,
                                 const std::string& body, const std::vector<Header>& headers,
                                 std::int64_t timeout_ms);

}  // namespace millrace::httpkit
