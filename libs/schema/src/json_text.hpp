// JSON text as json_canonical.cpp writes it and as messages name it. Private to libs/schema; pure.
#pragma once

#include <string>
#include <string_view>

#include "json_reader.hpp"

namespace millrace::schema {

// With quotes, and only the escapes that it must have.
void append_quoted(std::string& out, std::string_view text);
// "object", ...
std::string_view kind_name(JsonKind kind);

}  // namespace millrace::schema
