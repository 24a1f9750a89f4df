// Is it UTF-8? Protobuf strings must be, and what comes from outside may not be. RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace millrace::statekit {

bool is_utf8(std::string_view text);

// `text`, each octet that belongs to no character replaced by '?'.
std::string valid_utf8(std::string_view text);

// The first `max` octets at most, never half a character, with "..." where something was cut.
std::string shortened(std::string_view text, std::size_t max);

}  // namespace millrace::statekit
