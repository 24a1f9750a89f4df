// An HTTP request as the builtin.HttpRequest that a verb receives: canonical JSON, or every fault
// at once. Pure functions over values; any thread. Hostile bytes give faults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "httpkit/message.hpp"
#include "services/ingress/problem.hpp"
#include "services/ingress/routes.hpp"
#include "services/ingress/types.hpp"

namespace millrace::ingress {

// The path's segments, percent-decoded; none for `/`. nullopt: malformed, or one of them is `.` or
// `..`, which a client resolves before it asks.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

// REQUIRES: `match` was found for the path's segments.
std::variant<std::string, Problem> to_verb_request(const httpkit::Request& request,
                                                   const Match& match, const VerbTypes& types);

}  // namespace millrace::ingress
