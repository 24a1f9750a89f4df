#include "access/io/faults.hpp"

#include <utility>

#include "access/io/door.hpp"
#include "access/io/jwt_door.hpp"
#include "access/io/trusted.hpp"
#include "settings/versions.hpp"

namespace millrace::access {

namespace {

using Faults = std::vector<std::string>;

// The same files that are read at a start, each of them, whatever is wrong with the others.
void look_at_tokens(const settings::Auth& auth, Faults& faults) {
  const auto read = [&](const std::string& path, const char* setting) {
    if (path.empty()) return;
    if (const auto token = read_token_file(path); !token)
      faults.push_back(std::string(setting) + ": " + token.error().message);
  };
  read(auth.token_file, "auth.token_file");
  if (!asks(auth)) return;
  read(auth.bootstrap_token_file, "auth.bootstrap_token_file");
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

}  // namespace

Faults faults_of(const settings::Fields& fields, const settings::Auth& auth,
                 const settings::Tls& tls) {
  Faults faults;
  look_at_tokens(auth, faults);
  const auto doors = settings::doors_of(tls, asks(auth));
  // Without its certificates nobody can say which ports it would close.
  if (doors)
    look_at_ports(fields, *doors, faults);
  else
    faults.push_back(doors.error().message);
  return faults;
}

}  // namespace millrace::access
