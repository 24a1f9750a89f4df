#include "access/io/faults.hpp"

#include <sstream>
#include <utility>

#include "access/io/door.hpp"
#include "access/io/jwt_door.hpp"
#include "access/io/trusted.hpp"
#include "settings/versions.hpp"
#include "tls/key_file.hpp"

namespace millrace::access {

namespace {

using Faults = std::vector<std::string>;

// The same files that are read at a start, each of them, whatever is wrong with the others.
void look_at_tokens(const settings::Auth& auth, Faults& faults) {
  const auto note = [&](const char* setting, const statekit::Error& error) {
    faults.push_back(std::string(setting) + ": " + error.message);
  };
  if (!auth.token_file.empty())
    if (const auto own = read_own_tokens(auth.token_file); !own)
      note("auth.token_file", own.error());
  if (!asks(auth)) return;
  if (!auth.bootstrap_token_file.empty())
    if (const auto token = read_token_file(auth.bootstrap_token_file); !token)
      note("auth.bootstrap_token_file", token.error());
  if (auth.jwt.keys.empty()) return;
  if (const auto door = JwtDoor::open(auth.jwt); !door) faults.push_back(door.error().message);
}

bool ends_with(const std::string& text, std::string_view end) { return text.ends_with(end); }

tls::Guests guests_of(const std::string& field) {
  return ends_with(field, "health_listen") || field == "ingress.http_listen"
             ? tls::Guests::everybody
             : tls::Guests::known;
}

void look_at_ports(const settings::Fields& fields, const tls::Doors& doors, Faults& faults) {
  for (const settings::Field& field : fields.all()) {
    if (!ends_with(field.name, "listen")) continue;
    const auto may =
        doors.may_listen(field.show(), settings::newest_name(settings::released(), field.name),
                         guests_of(field.name));
    if (!may) faults.push_back(may.error().message);
  }
}

bool is_peer(const std::string& field) {
  return ends_with(field, ".schema") || ends_with(field, ".routing") ||
         ends_with(field, ".timeline");
}

}  // namespace

Faults peers_in_clear(const settings::Fields& fields, const settings::Auth& auth,
                      const settings::Tls& tls) {
  Faults faults;
  if (auth.token_file.empty() || tls.insecure || tls.files != tls::Files{}) return faults;
  for (const settings::Field& field : fields.all()) {
    if (!is_peer(field.name)) continue;
    std::stringstream addresses(field.show());
    for (std::string each; std::getline(addresses, each, ',');)
      if (!tls::leads_to_loopback(each))
        faults.push_back(settings::newest_name(settings::released(), field.name) + " = " + each +
                         " would be shown the token of auth.token_file in clear: " + token_remedy);
  }
  return faults;
}

Faults faults_of(const settings::Fields& fields, const settings::Auth& auth,
                 const settings::Tls& tls, Peers peers) {
  Faults faults;
  if (peers == Peers::elsewhere) faults = peers_in_clear(fields, auth, tls);
  look_at_tokens(auth, faults);
  const auto doors = settings::doors_of(tls, asks(auth));
  // Without its certificates nobody can say which ports it would close.
  if (doors)
    look_at_ports(fields, *doors, faults);
  else
    faults.push_back(doors.error().message);
  return faults;
}

Faults warnings_of(const settings::Tls& tls) {
  const std::string key = tls::key_file_warning(tls.files.key);
  return key.empty() ? Faults{} : Faults{"tls.key: " + key};
}

}  // namespace millrace::access
