// CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): which pages of other origins may call.
// Off unless the settings name origins. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "httpkit/message.hpp"

namespace millrace::ingress {

struct CorsSettings {
  std::vector<std::string> origins;  // "https://app.example.com", or "*"; none: off
  std::vector<std::string> headers;  // that a page may send; none: those it asks for
  bool credentials = false;          // cookies and the like; not with "*"
  std::int64_t max_age_ms = 600'000;
};

// Whether the request asks if it may be made.
bool is_preflight(const httpkit::Request& request);

// The answer to a preflight. `methods`: those that the path has.
httpkit::Response answer_preflight(const CorsSettings& cors, const httpkit::Request& request,
                                   const std::vector<std::string>& methods);

// Adds to an answer what lets the page read it.
void allow_reading(const CorsSettings& cors, const httpkit::Request& request,
                   httpkit::Response& response);

}  // namespace millrace::ingress
