// Text in quotes, as the schema language writes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace millrace::schema {

// With escapes for quotes, backslashes and control characters.
std::string quoted(std::string_view text);

// What is said of a word that is no Ident.
std::string no_name_text(std::string_view name);

// Text from a file or the wire, made fit for one line of a message: control characters become `?`.
std::string one_line(std::string text);

}  // namespace millrace::schema
