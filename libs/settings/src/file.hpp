// A settings file, for reading it (layer.hpp) and for upgrading it (settings/upgrade.hpp).
#pragma once

#include <string>

#include "layer.hpp"

namespace millrace::settings {

// The text of a file of at most 1 MiB; the error's message names the file.
statekit::Result<std::string> read_whole(const std::string& path);

Layer read_text(const Reading& reading, const std::string& name, const std::string& text);

// Whether a version has names that begin with `table` and a dot.
bool is_section(const Versions& versions, const std::string& table);

}  // namespace millrace::settings
