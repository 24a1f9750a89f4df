// Config values as files: `millrace config import` reads them, `export` writes them. Both formats
// have the same two tables:
//   {"global": {"NAME": VALUE}, "modules": {"MODULE": {"NAME": VALUE}}}
//   [global]  NAME = VALUE      [modules.MODULE]  NAME = VALUE
// Pure; hostile text gives an Error that says where.
#pragma once

#include <string>
#include <vector>

#include "cli/client/reports.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// More than all values together have, with their names.
inline constexpr std::size_t config_file_bytes_max = std::size_t{16} << 20;

enum class ConfigFormat { json, toml };

// By the end of a file's name; InvalidArgument where it is neither .json nor .toml.
statekit::Result<ConfigFormat> config_format_of(const std::string& file);

// Each value as a change that sets it, in the order of the file. `file` is named in errors. `hide`:
// errors say where, and nothing of what stands there.
statekit::Result<std::vector<ConfigChange>> parse_config(const std::string& text,
                                                         ConfigFormat format,
                                                         const std::string& file,
                                                         bool hide = false);

// The changes that set something. InvalidArgument where a value has no form in TOML (null, numbers
// that do not fit 64 bits).
statekit::Result<std::string> print_config(const std::vector<ConfigChange>& values,
                                           ConfigFormat format);

}  // namespace millrace::cli
