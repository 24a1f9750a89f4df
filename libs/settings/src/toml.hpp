// What a TOML text sets, flattened: one item for each key, with the lines it stands on. The one
// door to toml++, for reading a file and for upgrading one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::settings {

struct TomlItem {
  enum class Type { string, integer, boolean, list, table, other };
  std::string name;  // section.field
  Type type = Type::other;
  std::string text;   // of a string, integer, boolean; a list's items with commas between
  int line = 0;       // of its key
  int last_line = 0;  // of its value
  std::string raw;    // the value as it is written
  std::string after;  // what follows it on its last line: a comment
};

// Tables whose name satisfies `is_section` are descended into, others are items of type table.
// The one error has the message LINE:COLUMN: what the parser says.
statekit::Result<std::vector<TomlItem>> toml_items(
    const std::string& text, const std::function<bool(const std::string&)>& is_section);

}  // namespace millrace::settings
