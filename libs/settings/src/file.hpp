// A settings file, for reading it (layer.hpp) and for upgrading it (settings/upgrade.hpp).
#pragma once

#include <string>

#include "layer.hpp"

namespace millrace::settings {

// The text of a file of at most 1 MiB; the error's message names the file. What is no file on a
// disk is read too, as `--settings <(decrypt FILE)` and /dev/null are, but waited for no longer
// than `wait_ms_max`: nobody may ever write into a pipe.
inline constexpr int read_wait_ms_max = 30'000;
statekit::Result<std::string> read_whole(const std::string& path,
                                         int wait_ms_max = read_wait_ms_max);

Layer read_text(const Reading& reading, const std::string& name, const std::string& text);

// Whether this version has names that begin with `table` and a dot.
bool is_section(const Version& version, const std::string& table);
// Whether a version has names that begin with `table` and a dot.
bool is_section(const Versions& versions, const std::string& table);

}  // namespace millrace::settings
