// A small blocking HTTP/1.1 client: health probes, the command line, tests. One request, one
// connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"
#include "tls/credentials.hpp"

namespace millrace::httpkit {

// `url` is http://host:port/path?query, or https. Bodies over 16 MiB are refused. `credentials`:
// whom to believe and what to show; none: the authorities of the system.
statekit::Result<Response> fetch(const std::string& method, const std::string& url,
                                 const std::string& body, const std::vector<Header>& headers,
                                 std::int64_t timeout_ms,
                                 const std::shared_ptr<tls::Credentials>& credentials = nullptr);

}  // namespace millrace::httpkit
