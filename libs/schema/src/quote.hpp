// Text in quotes, as the schema language writes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace millrace::schema {

// With escapes for quotes, backslashes and control characters.
std::string quoted(std::string_view text);

}  // namespace millrace::schema
