// Base64 (RFC 4648, section 4) for bodies of type Bytes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::ingress {

std::string to_base64(std::string_view octets);
std::optional<std::string> from_base64(std::string_view text);  // nullopt: malformed

}  // namespace millrace::ingress
