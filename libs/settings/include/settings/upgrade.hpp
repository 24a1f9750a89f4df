// Rewrites a settings file in the newest version: what it sets and every comment are kept, each
// comment with the setting that it stood by. Used by `millrace settings upgrade`. Pure.
#pragma once

#include <string>
#include <vector>

#include "settings/versions.hpp"

namespace millrace::settings {

struct Upgraded {
  std::string text;
  int from = 1;                         // the version that the file was written in
  std::vector<std::string> deprecated;  // what lost its meaning and is left as a comment
};

// Errors: invalid-argument with every fault of the file, as load() gives them; what only a value in
// force is judged by (Fields::judge) is none, since another source may cover it. `fields` are set
// by it: they are not to be used afterwards.
statekit::Result<Upgraded> upgrade(const Versions& versions, const Fields& fields,
                                   const std::string& name, const std::string& text);

// The text of the file; errors as load() words them.
statekit::Result<std::string> read_settings_file(const std::string& path);

}  // namespace millrace::settings
