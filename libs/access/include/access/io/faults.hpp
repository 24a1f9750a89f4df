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

// What to do where the token of a service would go in clear.
inline constexpr const char* token_remedy =
    "name the authority that is believed there in tls.ca, with tls.certificate and tls.key "
    "(docs/security.md), or say insecure = true where the network itself is closed";

// Where the other services are: at the addresses that the settings name, or inside this process,
// which then looks at none of those.
enum class Peers { elsewhere, inside };

// A line each, with the setting's name of the newest version. `fields`: all that were described,
// of which those whose name ends with `listen` are ports.
std::vector<std::string> faults_of(const settings::Fields& fields, const settings::Auth& auth,
                                   const settings::Tls& tls, Peers peers = Peers::elsewhere);

// The same of peers alone: those that the token of auth.token_file would be shown to in clear.
std::vector<std::string> peers_in_clear(const settings::Fields& fields, const settings::Auth& auth,
                                        const settings::Tls& tls);

// What would start, and had better be otherwise: a private key that lies open.
std::vector<std::string> warnings_of(const settings::Tls& tls);

}  // namespace millrace::access
