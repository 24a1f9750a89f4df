// The errors that ingress answers with, as application/problem+json (RFC 9457): title, status,
// detail, the request's id, and every fault with its place. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "httpkit/message.hpp"
#include "schema/json.hpp"

namespace millrace::ingress {

// `pointer` goes into builtin.HttpRequest: /body/items/3, /query/limit, /pathParameters/id.
using Fault = schema::JsonFault;

struct Problem {
  int status = 500;
  std::string detail;
  std::vector<Fault> faults = {};
  std::string reason = {};  // a short word: "no-endpoint", "timeout", or a module's own code
  std::vector<std::string> allow = {};  // methods, for 405
  bool retry = false;                   // true: it may work in a second
};

httpkit::Response to_response(const Problem& problem, std::string_view request_id);

}  // namespace millrace::ingress
