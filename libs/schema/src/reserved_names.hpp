// The names of the types of the language, which no declaration may have. Private to this library.
#pragma once

#include <array>
#include <string_view>

namespace millrace::schema {

inline constexpr std::array<std::string_view, 8> reserved_names = {
    "Int", "Float", "String", "Bytes", "Bool", "Time", "Any", "Unit"};

}  // namespace millrace::schema
