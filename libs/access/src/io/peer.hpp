// The address behind what a port says of the other end, so that its failures can be counted. Pure.
#pragma once

#include <string>
#include <string_view>

namespace millrace::access {

// "ipv4:10.0.0.1:5123" and "10.0.0.1" -> "10.0.0.1"; of IPv6 the first 64 bits, which are one
// customer's: "ipv6:[2001:db8::1]:80" -> "2001:db8::/64". What is no address stays what it is.
std::string address_of(std::string_view from);

}  // namespace millrace::access
