// The settings that every binary's doors have in common: `auth.*`. Described by each main.cpp,
// once; libs/access makes what is trusted of them.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

struct Auth {
  std::string mode = "off";
  std::string token_file;
  std::string bootstrap_token_file;
  std::vector<std::string> service_identities;
};

inline void describe(Fields& fields, Auth& auth) {
  fields.choice("auth.mode", auth.mode, {"off", "required"},
                "whether callers must say who they are, and may do only what their roles allow");
  fields.text("auth.token_file", auth.token_file,
              "file of mode 0600 with the token that Millrace's own services show to each other; "
              "`millrace token draw FILE` makes one");
  fields.text("auth.bootstrap_token_file", auth.bootstrap_token_file,
              "file of mode 0600 with a token whose bearer is an admin: how the first one gets in");
  fields.list("auth.service_identities", auth.service_identities,
              "names in certificates of Millrace's own services");
}

}  // namespace millrace::settings
