// A verb's builtin.HttpResponse as an HTTP answer: checked against its type, aliases put on, the
// body by its kind. What is no such response is a 502 that names every fault. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "httpkit/message.hpp"
#include "services/ingress/problem.hpp"
#include "services/ingress/types.hpp"

namespace millrace::ingress {

// `body`: the JSON that the verb answered.
std::variant<httpkit::Response, Problem> to_http_response(std::string_view body,
                                                          const VerbTypes& types);

}  // namespace millrace::ingress
