// What travels: gzip (RFC 1952) and Content-MD5 (RFC 1864). Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "statekit/result.hpp"

namespace millrace::workspace {

// Base64 of the MD5, as Content-MD5 has it.
std::string content_md5(std::string_view octets);

std::string gzip(std::string_view octets);
// InvalidArgument when it is not gzip or ends early; ResourceExhausted when it unfolds to more than
// `octets_max`, which is never held in memory.
statekit::Result<std::string> gunzip(std::string_view octets, std::size_t octets_max);

}  // namespace millrace::workspace
