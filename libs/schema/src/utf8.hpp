// UTF-8: is it valid, and one code point to octets. Pure. Private to this library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::schema {

// The offset of the first octet that is not part of a valid sequence; npos: all is valid.
// Overlong forms, surrogates and what lies past U+10FFFF are invalid.
std::size_t invalid_utf8_at(std::string_view text);

// The code point that begins at an offset. REQUIRES: valid text, the offset of a first octet.
std::uint32_t code_point_at(std::string_view text, std::size_t at);

// REQUIRES: a code point that is no surrogate and at most U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace millrace::schema
