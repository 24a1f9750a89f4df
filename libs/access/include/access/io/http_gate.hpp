// The gate in front of HTTP resources: who asks, by a bearer token, by the password of Basic (for
// browsers and tools such as Terraform), or by a certificate; and the answer where they may not.
// Thread safe.
#pragma once

#include <string>

#include "access/io/gate.hpp"
#include "httpkit/message.hpp"

namespace millrace::access {

// `resource` as in the table of rules: "console", "state/keep".
Arrival arrival_of(const httpkit::Request& request, const std::string& resource);

// 401, which asks for a token, 403, or 429 with when to come again; `error` of Gate::admit.
httpkit::Response refusal(const statekit::Error& error);

}  // namespace millrace::access
