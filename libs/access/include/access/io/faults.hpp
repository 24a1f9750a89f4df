// What a process would stumble over at its start though each of its settings is well formed: files
// of tokens, keys and certificates that are missing or wrong, and ports that would not be opened.
// Asked by --check-settings and `millrace settings check`, before anything starts. Reads files and
// shows nothing of them.
#pragma once

#include <string>
#include <vector>

#include "settings/auth.hpp"
#include "settings/settings.hpp"
#include "settings/tls.hpp"

namespace millrace::access {

// A line each, with the setting's name of the newest version. `fields`: all that were described,
// of which those whose name ends with `listen` are ports.
std::vector<std::string> faults_of(const settings::Fields& fields, const settings::Auth& auth,
                                   const settings::Tls& tls);

}  // namespace millrace::access
