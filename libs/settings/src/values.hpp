// How the text of one setting is read and printed. Pure; errors say what was wanted, what was
// found and what to write instead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::settings {

statekit::Result<std::int64_t> read_integer(std::string_view text, std::int64_t min,
                                            std::int64_t max);
statekit::Result<bool> read_boolean(std::string_view text);
// Milliseconds from 250ms, 10s, 1m30s, 2h, 1d: units from largest to smallest, each once.
statekit::Result<std::int64_t> read_duration(std::string_view text, std::int64_t min_ms,
                                             std::int64_t max_ms);
std::string print_duration(std::int64_t milliseconds);
std::vector<std::string> read_list(std::string_view text);
std::string print_list(const std::vector<std::string>& items);
// host:port or [ipv6]:port; port 0 lets the system choose one.
statekit::Status check_address(std::string_view text);

}  // namespace millrace::settings
