// Random ids, from the operating system's generator. Edges draw them and hand them into commands.
// Thread safe.
#pragma once

#include <cstddef>
#include <string>

#include "statekit/types.hpp"

namespace millrace::statekit {

Incarnation random_incarnation();              // 32 lower-case hex digits
std::string random_base36(std::size_t count);  // lower-case letters and digits
std::string random_request_id();               // "req-" and 20 base36 characters
std::string random_hex(std::size_t octets);    // twice as many digits
double random_fraction();                      // in [0, 1), for jitter

}  // namespace millrace::statekit
